import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { importTable } from "./architecture/import-table.ts";
import { circlesOf } from "./architecture/circles-of.ts";
import { violationsOf } from "./architecture/violations.ts";

suite("architecture", () => {
  test("every source file keeps its place", () => {
    const files = globSync("{bpf,daemon,test}/**/*.ts", { exclude: ["**/node_modules/**", "**/dist/**"] });
    assert.ok(files.length > 50, `only ${files.length} files found: is this the checkout's folder?`);
    const violations = files.toSorted().flatMap((path) => violationsOf(path, readFileSync(path, "utf8")));
    assert.equal(violations.join("\n"), "");
  });

  test("no files import each other in a circle, not even types", () => {
    const files = globSync("{bpf,daemon}/**/*.ts", { exclude: ["**/node_modules/**", "**/dist/**"] });
    const circles = circlesOf(new Map(files.toSorted().map((path) => [path, readFileSync(path, "utf8")])));
    assert.equal(circles.join("\n"), "");
  });
});

const allowed: readonly (readonly [path: string, text: string])[] = [
  ["bpf/check/scope.ts", `import { a } from "../kernel/kernel.ts";`],
  ["bpf/check/deep/er.ts", `import { a } from "../scope.ts";`],
  ["bpf/load/load.ts", `import { a } from "libbpf-ts";`],
  ["bpf/libbpf-ts/src/c.ts", `import koffi from "koffi";`],
  ["bpf/libbpf-ts/src/c.ts", `export * from "./index.ts";`],
  ["daemon/service/sd-notify.ts", `import koffi from "koffi";`],
  ["daemon/service/clock.ts", "const now = Date.now();"],
  ["daemon/evaluate/x.ts", `// import { a } from "../notify/b.ts";`],
  ["daemon/sample/x.ts", "/** unlike Date.now() */\n  // nor process.hrtime()"],
  ["daemon/daemon.ts", `import { a } from "../bpf/load/load.ts";`],
  ["daemon/rules/long.ts", `// long: one table\n${"\n".repeat(500)}`],
  ["test/bpf/x.test.ts", `import { a } from "../../daemon/notify/b.ts"; const now = Date.now();`],
];

const forbidden: readonly (readonly [path: string, text: string, violation: string])[] = [
  [
    "bpf/language/a.ts",
    `import type { B } from "../check/b.ts";`,
    `a.ts:1: bpf/language may not import "../check/b.ts"`,
  ],
  [
    "bpf/language/a.ts",
    `import {\n  B,\n} from "../check/b.ts";`,
    `a.ts:3: bpf/language may not import "../check/b.ts"`,
  ],
  ["bpf/language/a.ts", `export { B } from "../check/b.ts";`, `a.ts:1: bpf/language may not import "../check/b.ts"`],
  [
    "bpf/language/a.ts",
    `const b = await import("../check/b.ts");`,
    `a.ts:1: bpf/language may not import "../check/b.ts"`,
  ],
  ["bpf/load/a.ts", `import "../elf/b.ts";`, `a.ts:1: bpf/load may not import "../elf/b.ts"`],
  [
    "bpf/load/a.ts",
    `new Worker(new URL("../elf/b.ts", import.meta.url));`,
    `a.ts:1: bpf/load may not import "../elf/b.ts"`,
  ],
  ["bpf/check/a.ts", `import { b } from "../../daemon/rules/b.ts";`, `may not import "../../daemon/rules/b.ts"`],
  ["bpf/check/a.ts", `import { readFileSync } from "node:fs";`, `bpf/check may not import "node:fs"`],
  ["bpf/kernel/a.ts", `import { b } from "libbpf-ts";`, `bpf/kernel may not import "libbpf-ts"`],
  ["bpf/load/a.ts", `import koffi from "koffi";`, `bpf/load may not import "koffi"`],
  ["daemon/evaluate/a.ts", `import { b } from "../notify/b.ts";`, `daemon/evaluate may not import "../notify/b.ts"`],
  ["daemon/notify/a.ts", `import { b } from "../daemon.ts";`, `daemon/notify may not import "../daemon.ts"`],
  ["daemon/notify/a.ts", `import { b } from "@scope/name/file";`, `daemon/notify may not import "@scope/name/file"`],
  ["daemon/evaluate/a.ts", "const now = Date.now();", "a.ts:1: time is read in daemon/service/clock.ts only"],
  ["daemon/novel/a.ts", "", "no row of test/architecture/import-table.ts"],
  ["daemon/rules/a.ts", `import { b } from "../rules";`, `expected an import of a file, found "../rules"`],
  [
    "test/a.test.ts",
    `import { b } from "../daemon/rules/b.js";`,
    `expected an import of a file, found "../daemon/rules/b.js"`,
  ],
  ["daemon/rules/a.ts", `import { b } from "./index.ts";`, `"./index.ts" is a list of re-exports`],
  ["daemon/rules/a.ts", "\n".repeat(401), "more than 400 lines"],
  ["daemon/rules/a.ts", `// long:\n${"\n".repeat(401)}`, "more than 400 lines"],
];

test("each folder of the sources says in at most ten lines what it is", () => {
  const folders = importTable.map(({ path }) => path).filter((path) => /^(?:bpf|daemon)\/[a-z]+$/.test(path));
  for (const folder of folders) {
    const text = readFileSync(`${folder}/README.md`, "utf8");
    assert.ok(text.trimEnd().split("\n").length <= 10, folder);
    for (const [, name = ""] of text.matchAll(/`([\w./-]+\.ts)`/g))
      assert.ok(
        [join(folder, name), name].some((path) => existsSync(path)),
        `${folder}: ${name}`,
      );
  }
});

suite("the checker of the architecture", () => {
  test("finds circles", () => {
    const texts = new Map([
      ["daemon/a.ts", `import type { B } from "./b/b.ts";`],
      ["daemon/b/b.ts", `import { c } from "../c.ts"; import { d } from "node:fs";`],
      ["daemon/c.ts", `export { A } from "./a.ts";`],
      ["daemon/d.ts", `import { a } from "./a.ts";`],
    ]);
    assert.deepEqual(circlesOf(texts), ["daemon/a.ts -> daemon/b/b.ts -> daemon/c.ts -> daemon/a.ts"]);
  });

  for (const [path, text] of allowed) {
    test(`lets ${path} say ${text.trim()}`, () => assert.deepEqual(violationsOf(path, text), []));
  }
  for (const [path, text, violation] of forbidden) {
    test(`finds in ${path}: ${violation}`, () => {
      const violations = violationsOf(path, text);
      assert.ok(
        violations.some((each) => each.includes(violation)),
        `found ${JSON.stringify(violations)}`,
      );
    });
  }
});
