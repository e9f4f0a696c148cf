import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readYaml } from "../../../daemon/yaml/read-yaml.ts";
import { scalarText } from "../../../daemon/yaml/scalar-text.ts";
import { valueOf } from "../../../daemon/yaml/yaml-node.ts";
import type { ExpressionText } from "../../../bpf/language/expression-text.ts";

const STYLES: Readonly<Record<string, string>> = {
  plain: "k: pid == 1 and comm\n",
  "plain over lines": "k: pid == 1\n   and\n\n   comm  # comment\n",
  "single quotes": "k: 'a == ''b'' and\n\n  c'\n",
  "double quotes": 'k: "a == \\"b\\"\\tor \\x41\\u00e9\\U0001F600 \\\\ \\/ \\\n   c\\n d"\n',
  literal: "k: |  # comment\n    pid\n      == 1\n\n    and comm\n",
  folded: "k: >-\n  pid\n  == 1\n\n    more\n  and comm\n",
  "indented literal": "k: |2\n   pid\n  x\n",
  "carriage returns": "k: >\r\n  pid\r\n  == 1\r\n",
  "within a flow map": "{k: pid == 1, other: 2}\n",
  "white space only": 'k: "  "\n',
};

describe("each character of a scalar is found in the file", () => {
  for (const [style, yaml] of Object.entries(STYLES)) {
    test(style, () => {
      const text = textOf(yaml);
      const ends = Array.from({ length: text.text.length + 1 }, (_, index) => text.offsetAt(index));
      assert.deepEqual(
        ends,
        ends.toSorted((a, b) => a - b),
        "offsets never go back",
      );
      assert.ok(ends.every((offset) => offset <= yaml.length));
      // what an escape stands for is not in the file
      const plain = /^[^A]*/.exec(text.text)?.[0] ?? "";
      for (const [index, character] of Array.from(plain).entries()) {
        if (!/[a-z0-9=]/.test(character)) continue;
        assert.equal(yaml.charAt(text.offsetAt(index)), character, `at ${index} of ${JSON.stringify(text.text)}`);
      }
    });
  }

  test("a plain scalar maps one to one", () => {
    const text = textOf("k: pid == 1\n");
    assert.deepEqual([text.offsetAt(0), text.offsetAt(4), text.offsetAt(8)], [3, 7, 11]);
  });

  test("an escape is one character that is several in the file", () => {
    const text = textOf('k: "a\\x41b"\n');
    assert.equal(text.text, "aAb");
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => text.offsetAt(index)),
      [4, 5, 9, 10],
    );
  });
});

function textOf(yaml: string): ExpressionText {
  const [document] = readYaml({ path: "x.yaml", text: yaml });
  assert.deepEqual(document?.diagnostics, []);
  const node = valueOf(document?.root, "k");
  assert.ok(node?.kind === "scalar");
  return scalarText(node);
}
