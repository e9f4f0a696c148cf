import assert from "node:assert/strict";
import { appendFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { findKernelSymbol, parseKallsyms } from "../../../../bpf/kernel/symbols/kernel-symbols.ts";
import { rootOf, type PathRoot } from "../../../../bpf/kernel/processes/open-in-root.ts";
import { readPerfMap } from "../../../../bpf/kernel/symbols/perf-map.ts";
import { isRunning, parseMapping } from "../../../../bpf/kernel/symbols/process-maps.ts";
import { findAt, type SymbolAt } from "../../../../bpf/kernel/symbols/symbols.ts";

const KALLSYMS = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000040 t static_one
ffffffff81000040 T exported_one
ffffffff82000000 D jiffies
ffffffffc0a01000 t ext4_file_open\t[ext4]
ffffffff81000100 W weak_one
`;

test("functions of the kernel are found by any address within them, those of modules with the module", () => {
  const symbols = parseKallsyms(Buffer.from(KALLSYMS));
  assert.ok(symbols !== undefined);
  const find = (address: bigint): SymbolAt | undefined => findKernelSymbol(symbols, address);
  assert.deepEqual(find(0xffffffff8100003fn), { name: "_stext", offset: 63 });
  assert.deepEqual(find(0xffffffff81000045n), { name: "exported_one", offset: 5 });
  assert.deepEqual(find(0xffffffff81000100n), { name: "weak_one", offset: 0 });
  assert.deepEqual(find(0xffffffffc0a01003n), { name: "ext4_file_open [ext4]", offset: 3 });
  // data is no function, and nothing is a megabyte long
  for (const address of [0xffffffff82000000n, 0xffffffff80ffffffn, 0x1000n]) assert.equal(find(address), undefined);
});

test("a return address belongs to the calling function, whose last instruction may be the call", () => {
  const symbols = parseKallsyms(Buffer.from(KALLSYMS));
  assert.ok(symbols !== undefined);
  const find = (address: bigint): SymbolAt | undefined => findKernelSymbol(symbols, address);
  assert.equal(findAt(find, 0xffffffff81000100n, "return"), "exported_one+192");
  assert.equal(findAt(find, 0xffffffff81000100n), "weak_one+0");
});

test("hidden addresses are left out", () => {
  assert.equal(parseKallsyms(Buffer.from("0000000000000000 T _stext\n0000000000000000 t other\n")), undefined);
  for (const text of ["", "\n", "no lines", "ffffffff81000000", "ffffffffzzzzzzzz T x\n"]) {
    assert.doesNotThrow(() => parseKallsyms(Buffer.from(text)));
  }
});

test("mappings of a process that have code count, with any names", () => {
  const text = `55d0c0a00000-55d0c0a01000 r--p 00000000 fe:00 1234                       /usr/bin/a b
55d0c0a01000-55d0c0a02000 r-xp 00001000 fe:00 1234                       /usr/bin/a b (deleted)
7f0000000000-7f0000001000 rwxp 00000000 00:00 0
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
`;
  const found = text.split("\n").flatMap((line) => {
    const mapping = parseMapping(line);
    return mapping === undefined ? [] : [[mapping.name, mapping.fileOffset]];
  });
  assert.deepEqual(found, [["/usr/bin/a b (deleted)", 4096], ["", 0], ["[vdso]", 0]]); // prettier-ignore
  assert.equal(parseMapping("nonsense"), undefined);
});

test("a process is known by its start: a later one of the same id is another", () => {
  assert.ok(isRunning({ pid: process.pid, startNs: 0n }));
  assert.ok(!isRunning({ pid: process.pid, startNs: 1n << 62n }));
  assert.ok(!isRunning({ pid: 2 ** 22 + 1, startNs: 0n }));
});

function ownRootAsOthers(): PathRoot {
  const root = rootOf(process.pid, "foreign");
  assert.ok(root !== undefined);
  return root;
}
const root = ownRootAsOthers();

test("a perf map has the latest function at each address, and skips lines of another form", (context) => {
  const path = `/tmp/perf-${String(process.pid)}.map`;
  context.after(() => rmSync(path, { force: true }));
  writeFileSync(path, "7f00 10 LazyCompile:~old\n0x7f20 0x10 with spaces\nnonsense\n7f00 20 *new\n");
  using map = readPerfMap(process.pid, root);
  assert.deepEqual(map?.find(0x7f05n), { name: "*new", offset: 5 });
  assert.deepEqual(map.find(0x7f2fn), { name: "with spaces", offset: 15 });
  assert.equal(map.find(0x7f30n), undefined);
});

test("a perf map is read only if it is the process's own plain file", (context) => {
  const path = `/tmp/perf-${String(process.pid)}.map`;
  context.after(() => rmSync(path, { force: true }));
  assert.equal(readPerfMap(process.pid, root), undefined);
  symlinkSync("/etc/passwd", path);
  assert.equal(readPerfMap(process.pid, root), undefined);
  rmSync(path);
  writeFileSync(path, "1000 10 compiled\n");
  using first = readPerfMap(process.pid, root);
  assert.deepEqual(first?.find(0x1001n), { name: "compiled", offset: 1 });
  assert.equal(readPerfMap(process.pid, root, first), first);
  appendFileSync(path, "2000 10 later\n");
  assert.deepEqual(readPerfMap(process.pid, root, first)?.find(0x2001n), { name: "later", offset: 1 });
});
