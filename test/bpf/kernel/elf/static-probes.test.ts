import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { elfFiles } from "../../../../bpf/kernel/elf/elf-files.ts";
import type { StaticProbe } from "../../../../bpf/kernel/kernel.ts";
import { STATIC_PROBE_MACROS } from "./static-probe-source.ts";

const folder = mkdtempSync(join(tmpdir(), "static-probes-"));
after(() => rmSync(folder, { recursive: true }));

const PROGRAM = `${STATIC_PROBE_MACROS}
  SEMAPHORE(shop, sold);
  static long counter = 3;
  __attribute__((noinline)) void sell(int article, long price) {
    PROBE(shop, asked, "-4@%0 8@%1", "nor"(article), "nor"(price));
    if (IS_WATCHED(shop, sold)) PROBE_WITH_SEMAPHORE(shop, sold, "-4@%0 8@%1", "nor"(article), "nor"(price));
    PROBE(bank, paid, "8@%0", "nor"(price));
  }
  __attribute__((noinline)) void refund(void) {
    PROBE(bank, paid, "-4@%0", "n"(-5));
    PROBE(bank, counted, "8@%0", "m"(counter));
  }
  int main(void) { sell(1, 2); refund(); return 0; }
`;

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

function compile(name: string, ...options: readonly string[]): string {
  const [source, output] = [join(folder, "program.c"), join(folder, name)];
  writeFileSync(source, PROGRAM);
  execFileSync("gcc", [...options, "-o", output, source]);
  return output;
}

function probesOf(path: string): readonly StaticProbe[] {
  const file = elfFiles()(path);
  if (typeof file === "string") assert.fail(file);
  return file.staticProbes();
}

/**
 * The program headers and the notes, as readelf has them: addresses, provider and name in the order
 * of the file.
 */
function askReadelf(path: string): readonly (readonly [string, string, number, number])[] {
  const run = (option: string): string => execFileSync("readelf", ["-W", option, path], { encoding: "utf8" });
  const segments = [...run("-l").matchAll(/^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)/gm)].map((match) =>
    match.slice(1).map(Number),
  );
  const offsetOf = (address: number): number => {
    const [offset = 0, start = 0] =
      segments.find(([, from = 0, bytes = 0]) => address >= from && address < from + bytes) ?? [];
    return address === 0 ? 0 : address - start + offset;
  };
  const note = /Provider: (\S+)\s+Name: (\S+)\s+Location: (0x\w+), Base: 0x\w+, Semaphore: (0x\w+)/g;
  return [...run("-n").matchAll(note)].map(([, provider = "", name = "", location, semaphore]) => [
    provider,
    name,
    offsetOf(Number(location)),
    offsetOf(Number(semaphore)),
  ]);
}

test("notes are found where readelf has them", { skip: !hasCompiler && "no gcc" }, () => {
  for (const [index, options] of [["-O0"], ["-O2", "-no-pie"], ["-O2", "-s"]].entries()) {
    const path = compile(`program${index}`, ...options);
    const found = probesOf(path).map((probe) => [
      probe.provider,
      probe.name,
      probe.fileOffset,
      probe.semaphoreOffset ?? 0,
    ]);
    assert.equal(found.length, 5);
    assert.deepEqual(found, askReadelf(path));
  }
});

test("an argument beside the code is found by the distance of its symbol", { skip: !hasCompiler && "no gcc" }, () => {
  const path = compile("beside", "-O2");
  const probe = probesOf(path).find(({ name }) => name === "counted");
  const [argument] = probe?.arguments ?? [];
  if (process.arch !== "x64") return;
  if (argument === undefined || typeof argument === "string") assert.fail(String(argument));
  assert.equal(argument.at.kind, "memory");
  const [, value = "0"] = /^(\w+) . counter$/m.exec(execFileSync("nm", [path], { encoding: "utf8" })) ?? [];
  const location = /Name: counted\s+Location: (0x\w+)/.exec(
    execFileSync("readelf", ["-n", path], { encoding: "utf8" }),
  );
  assert.deepEqual(argument.at, {
    kind: "memory",
    base: "rip",
    scale: 1,
    offset: Number.parseInt(value, 16) - Number(location?.[1]),
  });
});

test(
  "an argument beside the code is not guessed if several symbols have its name",
  { skip: !hasCompiler && "no gcc" },
  () => {
    if (process.arch !== "x64") return;
    const source = (value: number): string => `${STATIC_PROBE_MACROS}
    static volatile long twice = ${value};
    int TALLY(void) { PROBE(shop, tallied, "8@twice(%%rip)", "r"(0)); return (int)twice; }`;
    const parts = [1, 2].map((value) => {
      const path = join(folder, `several${value}.c`);
      writeFileSync(path, source(value).replace("TALLY", value === 1 ? "main" : "tally"));
      return path;
    });
    const path = join(folder, "several");
    execFileSync("gcc", ["-O1", "-o", path, ...parts]);
    assert.deepEqual(
      probesOf(path).map((probe) => probe.arguments),
      [['the file has several variables "twice"'], ['the file has several variables "twice"']],
    );
  },
);

test("a file without notes has no static probes", { skip: !hasCompiler && "no gcc" }, () => {
  const source = join(folder, "plain.c");
  writeFileSync(source, "int main(void) { return 0; }\n");
  execFileSync("gcc", ["-o", join(folder, "plain"), source]);
  assert.deepEqual(probesOf(join(folder, "plain")), []);
});
