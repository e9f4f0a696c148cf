import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { mergeMaps } from "../../../daemon/yaml/merge-nodes.ts";
import { printMap } from "../../../daemon/yaml/print-yaml.ts";
import { readYaml } from "../../../daemon/yaml/read-yaml.ts";
import type { YamlMap } from "../../../daemon/yaml/yaml-node.ts";

const ROOT = join(import.meta.dirname, "../../..");

function mapOf(text: string, path = "a.yaml"): YamlMap {
  const [document] = readYaml({ path, text });
  assert.equal(document?.root?.kind, "map", text);
  return document.root;
}

const print = (map: YamlMap): string =>
  printMap(map, ({ source }) => (source === map.span.source ? undefined : source.path));

test("printed rules have the meaning of the shipped ones, by another reader", () => {
  const paths = globSync("rules.d/**/*.yaml", { cwd: ROOT }).filter((path) => !path.endsWith(".test.yaml"));
  assert.ok(paths.length > 70);
  for (const path of paths) {
    const text = readFileSync(join(ROOT, path), "utf8");
    const printed = readYaml({ path, text }).flatMap(({ root }) => (root?.kind === "map" ? [print(root)] : []));
    const expected = parseAllDocuments(text).map((document): unknown => document.toJS());
    assert.deepEqual(
      printed.map((each): unknown => parse(each)),
      expected,
      path,
    );
  }
});

/** Values in spellings that need care when they move to another column. */
const SPELLINGS: readonly string[] = [
  "a: |\n   first\n     second\n\n   third\n",
  "a: >\n first\n second\n\n\n",
  "a: |2\n    first\n  second\n",
  "a:\n  b: |-\n     deep\n      er\n  c: 1\n",
  "a: first\n  second\n\n  third\n",
  "a: \"first \\\n    second\"\nb: 'it''s\n   two'\n",
  "a: {b: [1, 2,\n 3], c:\n   d}\n",
  'a: {"b c": 1, \'d\': "x: y # z"}\n',
  "a:\n- 1\n-   - 2\n    - 3\n- b: 4\n  c:\n  - 5\n- {d: 6}\n",
  "? a\n: 1\n",
  "a: 1.10\nb: 0x1f\nc: '1'\nd: true # comment\n",
  "a: {}\nb: []\n",
  "a:\r\n  b: 1\r\n  c: |\r\n    x\r\n    y\r\n",
  "a:\n  - |\n   x\n   y\n  - >-\n      z\n",
];

test("printed values have the meaning of their spelling, alone and merged into a map", () => {
  for (const text of SPELLINGS) {
    const alone = mapOf(text);
    assert.deepEqual(withoutLastBreaks(parse(print(alone))), withoutLastBreaks(parse(text)), text);
    const nested = mapOf(`outer:\n${text.replaceAll(/^(?=.)/gm, "    ")}`, "b.yaml");
    const merged = mergeMaps(mapOf("outer:\n  before: 1\n"), nested);
    const expected = { outer: { before: 1, ...(parse(text) as object) } };
    if (!text.includes("|2") && !text.startsWith("?"))
      assert.deepEqual(withoutLastBreaks(parse(print(merged))), withoutLastBreaks(expected), text);
  }
});

/** Rules ignore the last line break of a text in `|` style. */
function withoutLastBreaks(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\n$/, "");
  if (Array.isArray(value)) return value.map(withoutLastBreaks);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutLastBreaks(each)]));
}

test("notes are in the line of a value, or before a value with several lines", () => {
  const merged = mergeMaps(mapOf("a: 1\nb: {c: 1}\n"), mapOf("a: 2\nb: {d: 2}\ne:\n  f: 3\n", "x.yaml"));
  assert.equal(print(merged), "a: 2  # x.yaml\nb:\n  c: 1\n  d: 2  # x.yaml\n# x.yaml\ne:\n  f: 3\n");
});

test("kept line breaks at the end are printed as escapes", () => {
  // A rule ignores the last line break of a text in `|` style, and none of a quoted one.
  assert.equal(print(mapOf("a: |+\n  first\n\n\nb: 1\n")), 'a: "first\\n\\n"\nb: 1\n');
});
