"""Reads a tiled transparency log, written from C2SP's tlog-tiles.md and RFC 6962 alone.

Prints JSON: the number of records, whether the root of the entries, and that of the tiles of level 0, is the
checkpoint's, whether all inner tiles follow from the level below, and the last entry.
"""
import base64
import hashlib
import json
import os
import sys

folder = sys.argv[1]


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(hashes):
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\1" + root_of(hashes[:half]) + root_of(hashes[half:]))


def tile(level, number, width):
    text = str(number)
    text = text.zfill((len(text) + 2) // 3 * 3)
    groups = [text[at:at + 3] for at in range(0, len(text), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    path = os.path.join(folder, "tile", str(level), path + ("" if width == 256 else ".p/%d" % width))
    with open(path, "rb") as file:
        return file.read()


def hashes_of(level, count):
    data = b"".join(tile(level, first // 256, min(256, count - first)) for first in range(0, count, 256))
    return [data[at:at + 32] for at in range(0, len(data), 32)]


with open(os.path.join(folder, "checkpoint")) as checkpoint:
    _, size, root = checkpoint.read().split("\n")[:3]
size, root = int(size), base64.b64decode(root)

entries = []
for first in range(0, size, 256):
    bundle = tile("entries", first // 256, min(256, size - first))
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2:2 + length])
        bundle = bundle[2 + length:]

leaves = hashes_of(0, size)
inner = True
level, below = 0, leaves
while len(below) >= 256:
    above = [root_of(below[at:at + 256]) for at in range(0, len(below) // 256 * 256, 256)]
    level += 1
    inner = inner and hashes_of(level, len(above)) == above
    below = above

print(json.dumps({
    "size": len(entries),
    "entries": root_of([sha256(b"\0" + entry) for entry in entries]) == root,
    "tiles": root_of(leaves) == root,
    "inner": inner,
    "last": entries[-1].decode(),
}))
