import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { elfFiles } from "../../../../bpf/kernel/elf/elf-files.ts";
import type { ElfFile } from "../../../../bpf/kernel/kernel.ts";

const folder = mkdtempSync(join(tmpdir(), "elf-files-"));
after(() => rmSync(folder, { recursive: true }));

const hasReadelf = spawnSync("readelf", ["--version"]).status === 0;
const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

function open(pathOrSoname: string): ElfFile {
  const file = elfFiles()(pathOrSoname);
  if (typeof file === "string") assert.fail(`${pathOrSoname}: ${file}`);
  return file;
}

interface ReadelfFacts {
  /** name → values of the functions that it may be */
  readonly functions: ReadonlyMap<string, ReadonlySet<number>>;
  readonly segments: readonly { readonly offset: number; readonly address: number; readonly bytes: number }[];
}

function askReadelf(path: string): ReadelfFacts {
  const run = (option: string) => execFileSync("readelf", [option, path], { encoding: "utf8", maxBuffer: 2 ** 28 });
  const functions = new Map<string, Set<number>>();
  for (const line of run("-Ws").split("\n")) {
    const [, value = "", , type, , , section, name] = line.trim().split(/\s+/);
    if (type !== "FUNC" || section === "UND" || name === undefined) continue;
    const bare = name.replace(/@.*$/, "");
    functions.set(bare, (functions.get(bare) ?? new Set()).add(Number.parseInt(value, 16)));
  }
  const segments = [...run("-Wl").matchAll(/^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)/gm)].map(
    ([, offset, address, bytes]) => ({ offset: Number(offset), address: Number(address), bytes: Number(bytes) }),
  );
  return { functions, segments };
}

function fileOffset({ segments }: ReadelfFacts, value: number): number {
  const segment = segments.find(({ address, bytes }) => value >= address && value < address + bytes);
  assert.ok(segment);
  return value - segment.address + segment.offset;
}

for (const path of ["/bin/bash", "libc.so.6"]) {
  test(`every function of ${path} is at the address of readelf`, { skip: !hasReadelf && "no readelf" }, () => {
    const file = open(path);
    const facts = askReadelf(file.path);
    const names = [...file.symbolNames()];
    assert.ok(names.length > 1000);
    for (const name of names) {
      const symbol = file.symbol(name);
      const possible = [...(facts.functions.get(name) ?? [])].map((value) => fileOffset(facts, value));
      assert.ok(symbol !== undefined && possible.includes(symbol.fileOffset), name);
    }
    const missing = [...facts.functions.keys()].filter((name) => file.symbol(name) === undefined);
    assert.deepEqual(
      missing.filter((name) => names.includes(name)),
      [],
    );
  });
}

const PROGRAM = `
  static int hidden(int x) { return x * 3; }
  __attribute__((noinline)) int visible(int x) { return hidden(x) + 1; }
  static int plain(void) { return 1; }
  static void *choose(void) { return (void *)plain; }
  int chosen(void) __attribute__((ifunc("choose")));
  int number = 7;
  int main(void) { return visible(number) + chosen(); }
`;

function compile(name: string, ...options: readonly string[]): string {
  const source = join(folder, "program.c");
  const output = join(folder, name);
  writeFileSync(source, PROGRAM);
  execFileSync("gcc", ["-O0", ...options, "-o", output, source]);
  return output;
}

test(
  "a compiled program's functions are found at their code, static ones too",
  { skip: !hasCompiler && "no gcc" },
  () => {
    for (const option of ["-pie", "-no-pie"]) {
      const path = compile(`program${option}`, option);
      const facts = askReadelf(path);
      for (const name of ["main", "visible", "hidden"]) {
        const [value = 0] = facts.functions.get(name) ?? [];
        const symbol = open(path).symbol(name);
        assert.equal(symbol?.fileOffset, fileOffset(facts, value));
        assert.ok((symbol.bytes ?? 0) > 4, `${name} has ${symbol.bytes} bytes`);
      }
    }
  },
);

test("data and indirect functions are not functions", { skip: !hasCompiler && "no gcc" }, () => {
  const file = open(compile("program-ifunc"));
  for (const name of ["number", "chosen", "printf", ""]) assert.equal(file.symbol(name), undefined, name);
  assert.ok(!new Set(file.symbolNames()).has("chosen"));
});

test("a stripped program has the functions that it exports", { skip: !hasCompiler && "no gcc" }, () => {
  const file = open(compile("program-stripped", "-s", "-rdynamic"));
  assert.ok(file.symbol("visible"));
  assert.equal(file.symbol("hidden"), undefined);
});

test("of several versions the default one is taken", { skip: !hasCompiler && "no gcc" }, () => {
  const names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
  const script = join(folder, "versions.map");
  writeFileSync(script, `V1 { global: ${names.join(";")}; };\nV2 { global: ${names.join(";")}; } V1;\n`);
  const source = join(folder, "versions.c");
  writeFileSync(source, names.map(twoVersions).join(""));
  for (const strip of [[], ["-s"]]) {
    const library = join(folder, `libversions${strip.length}.so`);
    execFileSync("gcc", ["-shared", "-fPIC", ...strip, `-Wl,--version-script=${script}`, "-o", library, source]);
    const values = execFileSync("nm", ["-D", library], { encoding: "utf8" });
    for (const name of names) {
      const value = Number.parseInt(new RegExp(`^(\\w+) T ${name}@@V2$`, "m").exec(values)?.[1] ?? "", 16);
      assert.equal(open(library).symbol(name)?.fileOffset, fileOffset(askReadelf(library), value), name);
    }
  }
});

/**
 * The order of the versions changes with the name, since that of the symbol table is not ours to
 * choose.
 */
function twoVersions(name: string, index: number): string {
  const versions = [
    `int ${name}_old(void) { return 1; }\n__asm__(".symver ${name}_old,${name}@V1");\n`,
    `int ${name}_new(void) { return 2; }\n__asm__(".symver ${name}_new,${name}@@V2");\n`,
  ];
  return (index % 2 === 0 ? versions : versions.toReversed()).join("");
}

test("a section that claims more than the file has is not allocated", () => {
  const bytes = readFileSync("/bin/bash");
  const start = Number(bytes.readBigUInt64LE(40));
  const dynamicSymbols = Array.from({ length: bytes.readUInt16LE(60) }, (_, index) => start + index * 64).find(
    (at) => bytes.readUInt32LE(at + 4) === 11,
  );
  assert.ok(dynamicSymbols);
  bytes.writeBigUInt64LE(2n ** 60n, dynamicSymbols + 32);
  writeFileSync(join(folder, "greedy"), bytes);
  assert.equal(elfFiles()(join(folder, "greedy")), "a damaged ELF file");
});

test("a file is read again only when it has changed", () => {
  const path = join(folder, "copy");
  copyFileSync("/bin/bash", path);
  const files = elfFiles();
  const first = files(path);
  assert.equal(files(path), first);
  copyFileSync(process.execPath, path);
  assert.notEqual(files(path), first);
});

test("links are followed, and the target is named", () => {
  const link = join(folder, "link");
  symlinkSync(process.execPath, link);
  assert.equal(open(link).path, open(process.execPath).path);
});

test("a library is found by soname and by short name", () => {
  assert.match(open("libc.so.6").path, /^\/.*libc[.-]/);
  assert.equal(open("libc").path, open("libc.so.6").path);
});

test("a file that cannot be used gives the reason", () => {
  const small = readFileSync("/bin/bash").subarray(0, 4096);
  const files = new Map<string, Uint8Array>([
    ["empty", Buffer.alloc(0)],
    ["text", Buffer.from("#!/bin/sh\necho\n".repeat(9))],
    ["32-bit", Buffer.from(small).fill(1, 4, 5)],
    ["big-endian", Buffer.from(small).fill(2, 5, 6)],
    ["riscv", Buffer.from(small).fill(243, 18, 19)],
    ["truncated", small],
    ["header", small.subarray(0, 40)],
  ]);
  const reasons = [...files].map(([name, bytes]) => {
    writeFileSync(join(folder, name), bytes);
    return [name, elfFiles()(join(folder, name))];
  });
  assert.deepEqual(reasons, [
    ["empty", "not an ELF file"],
    ["text", "not an ELF file"],
    ["32-bit", "not a 64-bit little-endian ELF file"],
    ["big-endian", "not a 64-bit little-endian ELF file"],
    ["riscv", "an ELF file for neither x86-64 nor aarch64"],
    ["truncated", "a damaged ELF file"],
    ["header", "a damaged ELF file"],
  ]);
  assert.equal(elfFiles()(folder), "not a regular file");
  assert.equal(elfFiles()(join(folder, "absent")), "no such file");
  assert.equal(elfFiles()("libabsent.so.1"), "no such library");
  assert.equal(elfFiles()("relative/path"), "no such library");
});
