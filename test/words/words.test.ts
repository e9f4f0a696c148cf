import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { forbiddenIn, unclearTestNames } from "./forbidden-phrases.ts";
import { sourceFiles } from "./source-files.ts";
import { wideComments, wrapComments } from "./wrap-comments.ts";

/** Files that name the phrases. */
const NAMES_PHRASES: readonly string[] = [
  "docs/style.md",
  "test/words/forbidden-phrases.ts",
  "test/words/words.test.ts",
];

function pages(): readonly string[] {
  const read = globSync(
    ["*.md", "docs/**/*.md", "{rules.d,schemas}/**/*", "{bpf,daemon,packaging,test}/**/*.{md,ts,mjs}"],
    {
      exclude: ["**/node_modules/**", "**/dist/**"],
      withFileTypes: true,
    },
  );
  return read
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .filter((path) => !NAMES_PHRASES.some((each) => path.endsWith(each)));
}

const long = `a word and ${"another ".repeat(12)}one`;

suite("words", () => {
  test("comments are at most 100 columns wide: `npm run format` wraps them", () => {
    const wide = sourceFiles().flatMap((path) =>
      wideComments(readFileSync(path, "utf8")).map((line) => `${path}:${line}`),
    );
    assert.deepEqual(wide, []);
  });

  test("no sentence has a phrase that the style sheet forbids", () => {
    const found = pages().flatMap((path) =>
      forbiddenIn(path, readFileSync(path, "utf8")).map((each) => `${path}:${each}`),
    );
    assert.deepEqual(found, []);
  });

  test("names of tests begin with the thing that is tested", () => {
    const files = globSync(["test/**/*.test.ts", "rules.d/**/*.test.yaml"]).toSorted();
    assert.deepEqual(
      files.flatMap((path) => unclearTestNames(path, readFileSync(path, "utf8")).map((name) => `${path}: ${name}`)),
      [],
    );
    const named = (name: string): string => `test(${JSON.stringify(name)}, run);`;
    const two = `${named("what is left")} ${named("a rest is left")}`;
    assert.deepEqual(unclearTestNames("a.test.ts", two), ["what is left"]);
    assert.deepEqual(unclearTestNames("a.test.yaml", "test: who became whom\ntest: a user\n"), ["who became whom"]);
  });

  test("a phrase is reported with its line, except in files that still have it", () => {
    const text = "/** What is left. */\nconst a = 1; // in front of it\nconst told = 2;\n";
    const both = [
      '1: expected a verb in the third person, or the thing, found "/** What"',
      '2: expected before, beside, found "in front of"',
    ];
    const told = '3: expected notified, reported, found "told"';
    assert.deepEqual(forbiddenIn("daemon/notify/alerting.ts", text), [...both, told]);
    assert.deepEqual(forbiddenIn("daemon/notify/stages/saved-pipeline.ts", text), both);
  });

  test("a comment of one line that is too wide becomes one of several", () => {
    const text = `const a = 1;\n  /** ${long} */\nconst b = 2;\n`;
    assert.equal(
      wrapComments(text),
      `const a = 1;\n  /**\n   * a word and ${"another ".repeat(9)}another\n   * another another one\n   */\nconst b = 2;\n`,
    );
    assert.deepEqual(wideComments(text), [2]);
  });

  test("list items keep their indentation, and comments with a layout of their own stay unchanged", () => {
    const table = ` *   ${"wide ".repeat(20)}table`;
    assert.equal(
      wrapComments(`/*\n * ${long}:\n${table}\n *\n * - ${long}\n *   more\n */\n`),
      `/*\n * a word and ${"another ".repeat(9)}another\n * another another one:\n${table}\n *\n` +
        ` * - a word and ${"another ".repeat(9)}another\n *   another another one more\n */\n`,
    );
  });

  test("the text of a template literal is not a comment", () => {
    const text = `const c = \`\n// ${long}\n\`;\n`;
    assert.equal(wrapComments(text), text);
  });
});
