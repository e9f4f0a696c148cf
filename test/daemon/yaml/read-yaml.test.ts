import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readYaml } from "../../../daemon/yaml/read-yaml.ts";
import { plainValue } from "../../../daemon/yaml/yaml-node.ts";

describe("readYaml", () => {
  test("gives values, places and the user's spelling", () => {
    const [document] = readYaml({ path: "x.yaml", text: "a: {b: [1.10, yes, true]}\n" });
    assert.ok(document?.root !== undefined);
    assert.deepEqual(plainValue(document.root), { a: { b: [1.1, "yes", true] } });
  });

  test("leaves the other documents intact if one is broken", () => {
    const documents = readYaml({ path: "x.yaml", text: "a: 1\n---\nb: }\n---\nc: 3\n" });
    assert.deepEqual(
      documents.map((document) => document.root !== undefined),
      [true, false, true],
    );
  });

  test("finds nothing in a file of comments", () => {
    for (const text of ["", "# only\n", "---\n", "\n\n"]) {
      assert.ok(readYaml({ path: "x.yaml", text }).every((document) => document.root === undefined));
      assert.deepEqual(
        readYaml({ path: "x.yaml", text }).flatMap((document) => document.diagnostics),
        [],
      );
    }
  });

  test("reads __proto__ as a key like others", () => {
    const [document] = readYaml({ path: "x.yaml", text: "__proto__: {polluted: 1}\n" });
    assert.ok(document?.root !== undefined);
    assert.deepEqual(Object.keys(plainValue(document.root) as object), ["__proto__"]);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  test("refuses endless nesting, in every way that YAML has, and accepts 32 levels", () => {
    const deep = 100_000;
    const indented = Array.from({ length: 400 }, (_, level) => `${" ".repeat(level)}a:\n`).join("");
    for (const text of ["[", "{a: ", "- ", "? ", "[{a: ", "a: "].map((unit) => unit.repeat(deep)).concat(indented)) {
      const codes = readYaml({ path: "x.yaml", text }).flatMap(({ diagnostics }) =>
        diagnostics.map(({ code }) => code),
      );
      assert.deepEqual(codes, ["too-nested"], text.slice(0, 12));
    }
    const flow = `${"[".repeat(32)}a${"]".repeat(32)}`;
    assert.deepEqual(
      readYaml({ path: "x.yaml", text: flow }).flatMap(({ diagnostics }) => diagnostics),
      [],
    );
  });

  test("refuses files of very many signs at the first one too many, and accepts large files of values", () => {
    for (const unit of ["{}: []\n", "- a\n", "!a ", "---\n", "a: 1\n", "\n", "# x\n"]) {
      const [document, ...others] = readYaml({ path: "x.yaml", text: unit.repeat(21_845).slice(0, 65_536) });
      const [diagnostic, ...more] = document?.diagnostics ?? [];
      assert.equal(diagnostic?.code, "too-large", unit);
      assert.equal(diagnostic.message, "expected at most 20000 keys, values, brackets and lines in one file");
      assert.ok(diagnostic.span.start >= 20_000 / 2 && diagnostic.span.start < 100_000, unit);
      assert.deepEqual([others, more], [[], []]);
    }
    const text = "---\nrule: a-rule-with-a-name\nfilter: args.pid == 1\n".repeat(20_000);
    assert.equal(readYaml({ path: "x.yaml", text }).length, 20_000);
  });
});
