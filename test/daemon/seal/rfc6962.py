"""Merkle trees and signed notes, written from RFC 6962 and C2SP's signed-note.md and tlog-checkpoint.md alone.

Reads JSON from standard input: {"leaves": [BASE64], "proofs": [{"text": PROOF, "key": KEY}]}. Prints JSON: the root of
the leaves, and for each proof whether it holds.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(entries):
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\0" + entries[0])
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return sha256(b"\1" + root_of(entries[:half]) + root_of(entries[half:]))


def root_from(index, size, leaf, hashes):
    """The root that an audit path leads to, from the definition of PATH in RFC 6962, section 2.1.1."""
    if size == 1:
        assert not hashes
        return leaf
    half = 1
    while half * 2 < size:
        half *= 2
    if index < half:
        return sha256(b"\1" + root_from(index, half, leaf, hashes[:-1]) + hashes[-1])
    return sha256(b"\1" + hashes[-1] + root_from(index - half, size - half, leaf, hashes[:-1]))


def is_signed(note, key):
    name, key_id, encoded = key.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    public = base64.b64decode(encoded)
    assert public[0] == 1 and len(public) == 33
    assert sha256(name.encode() + b"\n" + public)[:4].hex() == key_id
    for line in signatures.splitlines():
        dash, who, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if dash == "\u2014" and who == name and raw[:4].hex() == key_id:
            return ed25519(public[1:], text.encode(), raw[4:])
    return False


def ed25519(public, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: folder + "/" + name for name in ("key", "message", "signature")}
        contents = {"key": bytes.fromhex("302a300506032b6570032100") + public, "message": message, "signature": signature}
        for name, content in contents.items():
            with open(paths[name], "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
        command += ["-inkey", paths["key"], "-in", paths["message"], "-sigfile", paths["signature"]]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def holds(proof, key):
    head, _, checkpoint = proof.partition("\n\n")
    version, extra, index, *encoded = head.split("\n")
    assert version == "c2sp.org/tlog-proof@v1" and extra.startswith("extra ") and index.startswith("index ")
    _, size, root = checkpoint.split("\n")[:3]
    leaf = sha256(b"\0" + base64.b64decode(extra[6:]))
    hashes = [base64.b64decode(each) for each in encoded]
    try:
        found = root_from(int(index[6:]), int(size), leaf, hashes)
    except (IndexError, AssertionError):
        return False  # a path of another length
    return found == base64.b64decode(root) and is_signed(checkpoint, key)


task = json.load(sys.stdin)
print(json.dumps({
    "root": base64.b64encode(root_of([base64.b64decode(leaf) for leaf in task["leaves"]])).decode(),
    "proofs": [holds(each["text"], each["key"]) for each in task["proofs"]],
}))
