import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { resolveProbe } from "../../../bpf/check/probes/probe-kinds.ts";
import type { Spelled } from "../../../bpf/language/program-syntax.ts";
import { listProbes } from "../../../bpf/check/probes/list-probes.ts";
import { elfFiles } from "../../../bpf/kernel/elf/elf-files.ts";
import { STATIC_PROBE_MACROS } from "../kernel/elf/static-probe-source.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check } from "./rule.ts";

const folder = mkdtempSync(join(tmpdir(), "missing-function-"));
after(() => rmSync(folder, { recursive: true }));

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;
const kernel = fixtureKernel({ elf: elfFiles(), architecture: process.arch === "arm64" ? "aarch64" : "x86_64" });

/** `chosen` and `sorted` are indirect, and only the copies of the first are named after it. */
const SOURCE = `${STATIC_PROBE_MACROS}
  int counter = 7;
  int __chosen_generic(void) { return 1; }
  int __chosen_wide(void) { return 2; }
  int __chosen_chk(void) { return 3; }
  static int other(void) { return 4; }
  static void *choose(void) { return (void *)__chosen_wide; }
  static void *choose_other(void) { return (void *)other; }
  int chosen(void) __attribute__((ifunc("choose")));
  int sorted(void) __attribute__((ifunc("choose_other")));
  int main(void) {
    PROBE(app, hit, "-4@counter(%%rip)", "nor"(counter));
    return chosen() + sorted() + __chosen_generic() + __chosen_chk();
  }
`;

function program(name: string, ...options: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(`${path}.c`, SOURCE);
  execFileSync("gcc", ["-O1", ...options, "-o", path, `${path}.c`]);
  return path;
}

/** Returns the diagnostics of a rule at a probe, each as message and help. */
function said(probe: string, aggregate = "count()"): readonly (readonly (string | undefined)[])[] {
  const { diagnostics } = check({ signals: { value: { probe, aggregate } } }, kernel);
  return diagnostics.map(({ message, help }) => [message, help]);
}

describe("functions that a file does not have", { skip: !hasCompiler && "no gcc" }, () => {
  test("the message names the copies of an indirect function", () => {
    const path = program("whole");
    for (const kind of ["uprobe", "uretprobe"])
      assert.deepEqual(said(`${kind}:${path}:chosen`), [
        [
          `"chosen" of "${path}" is an indirect function (IFUNC): its symbol leads to a resolver, which runs once in each program and chooses a copy for the CPU`,
          `write {any: ["${kind}:${path}:__chosen_generic", "${kind}:${path}:__chosen_wide"]}, or the one for this CPU`,
        ],
      ]);
    // the function that the help names can be probed
    assert.deepEqual(said(`uprobe:${path}:__chosen_wide`), []);
    assert.match(
      said(`uprobe:${path}:sorted`)[0]?.[1] ?? "",
      /^no function of the file is named after it: probe a function of/,
    );
    assert.match(listProbes(`uprobe:${path}:sort*`, kernel).reasons.join(), /^"sorted" of .* is an indirect function/);
    assert.deepEqual(listProbes(`uprobe:${path}:main`, kernel).probes, [`uprobe:${path}:main`]);
  });

  test("a pattern that also matches indirect functions says which ones it leaves out", () => {
    const path = program("patterns");
    const { diagnostics } = check(
      { signals: { value: { probe: `uprobe:${path}:*o*`, aggregate: "count()" } } },
      kernel,
    );
    assert.deepEqual(
      diagnostics.map(({ code, severity, message }) => [code, severity, message]),
      [
        [
          "left-out",
          "warning",
          `"uprobe:${path}:*o*" leaves out indirect functions (IFUNC), whose calls cannot be probed by their names: "chosen", "sorted"`,
        ],
      ],
    );
    assert.deepEqual(said(`uprobe:${path}:__chosen*`), []);
    const { probes, leftOut } = listProbes(`uprobe:${path}:*chosen*`, kernel);
    assert.deepEqual(
      probes,
      ["chk", "generic", "wide"].map((copy) => `uprobe:${path}:__chosen_${copy}`),
    );
    assert.match(leftOut.join(), /leaves out indirect functions \(IFUNC\).*: "chosen"$/);
  });

  test('a function in "except" is left out without a warning', () => {
    const path = program("excepted");
    const source = { path: "r.yaml", text: `uprobe:${path}:*o*` };
    const spelled = (text: string): Spelled => ({ text, span: { source, start: 0, end: 1 } });
    const left = (except: readonly string[]): string | undefined => {
      const found = resolveProbe(spelled(source.text), kernel, except.map(spelled));
      return "probes" in found ? found.leftOut?.message : found.fault.message;
    };
    assert.match(left(["sorted"]) ?? "", /: "chosen"$/);
    assert.equal(left(["sorted", "chosen"]), undefined);
  });

  test(
    "glibc has memcpy so",
    {
      skip:
        spawnSync("sh", [
          "-c",
          "readelf -Ws --dyn-syms $(ldd /bin/sh | grep -o '/.*libc.so.6') | grep -q 'IFUNC.* memcpy@'",
        ]).status !== 0 && "no such glibc",
    },
    () => {
      assert.match(said("uprobe:libc.so.6:memcpy")[0]?.[0] ?? "", /^"memcpy" of "libc.so.6" is an indirect function/);
      assert.match(listProbes("uprobe:libc.so.6:memcpy*", kernel).reasons.join(), /is an indirect function/);
    },
  );

  test("the message says that a file is stripped", () => {
    const path = program("stripped", "-s");
    assert.match(
      said(`uprobe:${path}:main`)[0]?.[1] ?? "",
      /^the file is stripped: only functions that it exports have a name/,
    );
    assert.match(said(`uprobe:${path}:chosen*`)[0]?.[0] ?? "", /stripped: only functions that it exports/);
    assert.match(said(`uprobe:${path}:main+4`)[0]?.[1] ?? "", /^the file is stripped/);
    assert.equal(said(`uprobe:${program("kept")}:mann`)[0]?.[1], 'did you mean "main"?');
  });
});

describe(
  "static probes of stripped files",
  { skip: (!hasCompiler || process.arch !== "x64") && "no gcc for x86-64" },
  () => {
    test("an argument in a variable needs the variable's symbol", () => {
      const path = program("with-probe");
      assert.deepEqual(said(`usdt:${path}:app:hit`, "sum(arg0)"), []);
      const stripped = join(folder, "stripped-probe");
      copyFileSync(path, stripped);
      execFileSync("strip", [stripped]);
      assert.match(
        said(`usdt:${stripped}:app:hit`, "sum(arg0)")[0]?.[0] ?? "",
        /^"arg0" cannot be read: it is at the variable "counter", for which the file has no symbol: use a build/,
      );
      assert.deepEqual(said(`usdt:${stripped}:app:hit`), []);
    });

    test("the message says how a file may have lost its notes", () => {
      const path = program("without-notes");
      execFileSync("objcopy", ["--remove-section=.note.stapsdt", path]);
      const [[message, help] = []] = said(`usdt:${path}:app:hit`);
      assert.equal(message, `"${path}" has no static probes`);
      assert.match(help ?? "", /\.note\.stapsdt/);
      assert.match(listProbes(`usdt:${path}:*`, kernel).reasons.join(), /has no static probes: it was built without/);
      assert.match(said(`usdt:${path}:*`)[0]?.[0] ?? "", /matches nothing: .* has no static probes/);
    });
  },
);
