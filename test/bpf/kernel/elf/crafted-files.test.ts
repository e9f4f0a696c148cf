import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { elfFiles } from "../../../../bpf/kernel/elf/elf-files.ts";
import { placesIn, type WantedPlace } from "../../../../bpf/kernel/elf/file-places.ts";
import { readLibraryCache } from "../../../../bpf/kernel/elf/library-cache.ts";
import type { ElfFile } from "../../../../bpf/kernel/kernel.ts";
import { LIMITS } from "../../../../bpf/kernel/limits.ts";
import { DATA_AT, NOTE, probeNote, STRTAB, symbol, SYMTAB, writeElf, type CraftedSection } from "./crafted-elf.ts";

const folder = mkdtempSync(join(tmpdir(), "crafted-elf-"));
after(() => rmSync(folder, { recursive: true }));

const MIB = 1 << 20;
const NONE: CraftedSection = { type: 0, offset: 0, bytes: 0 };
const WANTED: WantedPlace = { kind: "uprobe", symbol: "work", offset: 0 };

function craft(file: Parameters<typeof writeElf>[1]): ElfFile | string {
  const path = join(folder, "crafted");
  writeElf(path, file);
  return elfFiles()(path);
}

function opened(file: Parameters<typeof writeElf>[1]): ElfFile {
  const elf = craft(file);
  if (typeof elf === "string") assert.fail(elf);
  return elf;
}

/** Bytes that this process has allocated beside its heap, at most, while it does something. */
function mostBuffers<Result>(act: () => Result): { readonly result: Result; readonly bytes: number } {
  const before = process.memoryUsage().arrayBuffers;
  const result = act();
  return { result, bytes: process.memoryUsage().arrayBuffers - before };
}

test("tables of hundreds of megabytes are refused before they are read", () => {
  const table = { type: SYMTAB, offset: DATA_AT, bytes: 200 * MIB - 8, link: 2 };
  const strings = { type: STRTAB, offset: 0, bytes: 250 * MIB };
  const refused: readonly (readonly [Parameters<typeof writeElf>[1], RegExp])[] = [
    [{ sections: [NONE, table, strings], bytes: 260 * MIB }, /^it has more than 4000000 symbols$/],
    [
      { sections: [NONE, ...Array.from({ length: 64 }, () => table), strings], bytes: 260 * MIB },
      /^it has more than 4 symbol tables$/,
    ],
    [
      { sections: [NONE, { type: NOTE, offset: DATA_AT, bytes: 200 * MIB }], bytes: 260 * MIB },
      /^it has more than \d+ bytes of notes$/,
    ],
    [{ sections: [NONE], sectionCount: 4 * MIB, bytes: 260 * MIB }, /^it has more than 8192 sections$/],
  ];
  for (const [file, reason] of refused) {
    const { bytes, result } = mostBuffers(() => craft(file));
    assert.match(typeof result === "string" ? result : "read", reason);
    assert.ok(bytes < 4 * MIB, `${bytes} bytes were allocated`);
  }
});

test("of a large table only a piece is in memory, and its names are right", () => {
  const count = 200_000;
  const names = Buffer.from("\0work\0other\0");
  const symbols = Buffer.concat([
    symbol(6),
    ...Array.from({ length: count }, (_, index) => symbol(6, index)),
    symbol(1, 77),
  ]);
  const sections = [
    NONE,
    { type: SYMTAB, offset: DATA_AT, bytes: symbols.length, link: 2 },
    { type: STRTAB, offset: DATA_AT + symbols.length, bytes: names.length },
  ];
  const file = opened({ sections, data: Buffer.concat([symbols, names]) });
  assert.equal(file.symbol("work")?.fileOffset, 0x2000 + 77);
});

test("a name of megabytes costs as much as a short one", () => {
  const names = Buffer.concat([Buffer.from("\0work@"), Buffer.alloc(10 * MIB, "A"), Buffer.from("\0")]);
  const symbols = Buffer.concat(Array(50_000).fill(symbol(1)));
  const sections = [
    NONE,
    { type: SYMTAB, offset: DATA_AT, bytes: symbols.length, link: 2 },
    { type: STRTAB, offset: DATA_AT + symbols.length, bytes: names.length },
  ];
  const file = opened({ sections, data: Buffer.concat([symbols, names]) });
  assert.deepEqual(placesIn([WANTED], file), [[{ fileOffset: 0x2000 }]]);
  assert.ok(Math.max(...[...file.symbolNames()].map((name) => name.length)) <= LIMITS.elf.nameBytes);
});

test("reading names all over a large table is limited", () => {
  const count = 20_000;
  const stride = 50_000;
  const symbols = Buffer.concat(
    Array.from({ length: count }, (_, index) => symbol(1 + ((index * 7919) % count) * stride)),
  );
  const sections = [
    NONE,
    { type: SYMTAB, offset: DATA_AT, bytes: symbols.length, link: 2 },
    { type: STRTAB, offset: 0, bytes: count * stride },
  ];
  const file = opened({ sections, data: symbols, bytes: count * stride + 16 * MIB });
  assert.throws(() => placesIn([WANTED], file), /: reading it takes more than \d+ bytes$/);
});

test("symbols in the arguments of static probes are searched once, not once for each probe", () => {
  const names = Buffer.from("\0counter\0");
  const symbols = Buffer.concat(Array(100_000).fill(symbol(1, 64)));
  const notes = Buffer.concat(
    Array.from({ length: 5_000 }, (_, index) =>
      probeNote(index, Array.from({ length: 10 }, (_, n) => `8@missing${n}(%rip)`).join(" ")),
    ),
  );
  const [stringsAt, notesAt] = [DATA_AT + symbols.length, DATA_AT + symbols.length + names.length];
  const sections = [
    NONE,
    { type: SYMTAB, offset: DATA_AT, bytes: symbols.length, link: 2 },
    { type: STRTAB, offset: stringsAt, bytes: names.length },
    { type: NOTE, offset: notesAt, bytes: notes.length },
  ];
  const file = opened({ sections, data: Buffer.concat([symbols, names, notes]) });
  const [probe] = file.staticProbes();
  assert.equal(file.staticProbes().length, 5_000);
  assert.equal(
    probe?.arguments[0],
    'it is at the variable "missing0", for which the file has no symbol: use a build with .symtab, not stripped',
  );
});

test("more static probes than any program has are refused", () => {
  const notes = Buffer.concat(
    Array.from({ length: LIMITS.elf.staticProbes + 1 }, (_, index) => probeNote(index, "8@%rax")),
  );
  const file = opened({ sections: [NONE, { type: NOTE, offset: DATA_AT, bytes: notes.length }], data: notes });
  assert.throws(() => file.staticProbes(), /^BeyondLimit: it has more than 20000 notes of a kind$/);
});

test("a library cache with unterminated texts has no libraries, and costs no more than its size", () => {
  const entries = 10_000;
  const cache = Buffer.alloc(48 + 24 * entries + MIB, "A");
  cache.write("glibc-ld.so.cache1.1", 0, "latin1");
  cache.writeUInt32LE(entries, 20);
  for (let at = 48; at < 48 + 24 * entries; at += 24) {
    cache.writeUInt32LE(0x0303, at);
    cache.writeUInt32LE(48 + 24 * entries, at + 4);
    cache.writeUInt32LE(48 + 24 * entries, at + 8);
    cache.writeBigUInt64LE(0n, at + 16);
  }
  const libraries = readLibraryCache(cache);
  assert.ok(libraries.every(({ path, soname }) => soname === "" && path === ""));
});
