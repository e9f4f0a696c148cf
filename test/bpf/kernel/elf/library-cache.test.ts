import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLibrary, readLibraryCache } from "../../../../bpf/kernel/elf/library-cache.ts";

interface Entry {
  readonly soname: string;
  readonly path: string;
  readonly flags: number;
  readonly hwcap?: bigint;
}

function writeCache(entries: readonly Entry[]): Buffer {
  const strings: Buffer[] = [];
  let at = 48 + entries.length * 24;
  const place = (text: string): number => {
    strings.push(Buffer.from(`${text}\0`));
    at += Buffer.byteLength(text) + 1;
    return at - Buffer.byteLength(text) - 1;
  };
  const table = entries.map(({ soname, path, flags, hwcap = 0n }) => {
    const entry = Buffer.alloc(24);
    [flags, place(soname), place(path), 0].forEach((word, index) => entry.writeUInt32LE(word, index * 4));
    entry.writeBigUInt64LE(hwcap, 16);
    return entry;
  });
  const header = Buffer.alloc(48);
  header.write("glibc-ld.so.cache1.1", "latin1");
  header.writeUInt32LE(entries.length, 20);
  return Buffer.concat([header, ...table, ...strings]);
}

const LIB64 = 0x0303;
const CACHE = writeCache([
  { soname: "libc.so.6", path: "/lib32/libc.so.6", flags: 0x0003 },
  { soname: "libc.so.6", path: "/hwcap/libc.so.6", flags: LIB64, hwcap: 1n << 62n },
  { soname: "libc.so.6", path: "/lib64/libc.so.6", flags: LIB64 },
  { soname: "libm.so.6", path: "/arm/libm.so.6", flags: 0x0a03 },
]);

test("only plain 64-bit libraries are taken", () => {
  assert.deepEqual(readLibraryCache(CACHE), [
    { soname: "libc.so.6", path: "/lib64/libc.so.6" },
    { soname: "libm.so.6", path: "/arm/libm.so.6" },
  ]);
});

test("an older table before the current one is skipped", () => {
  const old = Buffer.concat([Buffer.from("ld.so-1.7.0\0"), Buffer.alloc(20), CACHE]);
  assert.equal(readLibraryCache(old).length, 2);
});

test("a damaged cache has the libraries that can be read, and never throws", () => {
  for (let length = 0; length < CACHE.length; length++) readLibraryCache(CACHE.subarray(0, length));
  const endless = Buffer.from(CACHE);
  endless.writeUInt32LE(0xffffffff, 20);
  assert.ok(readLibraryCache(endless).length >= 2);
  assert.deepEqual(readLibraryCache(Buffer.from("no cache")), []);
});

const CHOICES: readonly (readonly [name: string, chosen: string | undefined])[] = [
  ["libreadline.so.8", "libreadline.so.8"],
  ["libreadline", "libreadline.so.10"],
  ["libreadline.so", "libreadline.so.10"],
  ["libread", undefined],
  ["libedit", "libedit.so"],
  ["", undefined],
];

for (const [name, chosen] of CHOICES) {
  test(`"${name}" is ${chosen ?? "no library"}`, () => {
    const sonames = ["libreadline.so.8", "libreadline.so.10", "libreadline.so.9", "libedit.so", "libreadline2.so.1"];
    assert.equal(chooseLibrary(name, sonames), chosen);
  });
}
