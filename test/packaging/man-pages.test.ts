import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";
import { manPages } from "../../packaging/package/man-pages.ts";
import { roffOf, roffText } from "../../packaging/package/roff.ts";
import { findCommand } from "../../packaging/setup/presence.mjs";
import settingsSchema from "../../schemas/settings.schema.json" with { type: "json" };
import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };

const pages = await manPages("1.2.3", 1_700_000_000);

/** The page as a reader sees it, without bold. */
function formatted(text: string): { readonly shown: string; readonly warnings: string } {
  const options = ["-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", "-rLL=500n"];
  const { stdout, stderr } = spawnSync("groff", options, { input: text, encoding: "utf8" });
  return { shown: stdout, warnings: stderr };
}

suite("man pages", { skip: findCommand("groff") === undefined ? "groff is missing" : false }, () => {
  for (const [path, text] of pages) {
    test(`${path} gives no warning of groff`, () => {
      const { shown, warnings } = formatted(text);
      assert.equal(warnings, "");
      assert.match(shown, /bpfwarden 1\.2\.3 +2023-11-14/);
    });
  }

  test("have every key of settings and rules, and the commands", () => {
    const shownOf = (path: string): string => formatted(pages.get(path) ?? "").shown;
    const keys = (schema: object): readonly RegExp[] =>
      Object.keys(schema).map((key) => new RegExp(`^ +${key}\\b`, "m"));
    for (const key of keys(settingsSchema.properties)) assert.match(shownOf("man5/bpfwarden.yaml.5"), key);
    for (const key of keys(ruleSchema.properties)) assert.match(shownOf("man5/bpfwarden.rules.5"), key);
    assert.match(shownOf("man1/bpfwarden.1"), /^ +bpfwarden silence add \[OPTION\.\.\.\] <matcher\.\.\.>/m);
  });
});

test("text that roff would obey is escaped", () => {
  assert.equal(roffText("'a' \\_b\\_ `c\\d`"), "\\&'a' _b_ \\fBc\\ed\\fR");
  assert.equal(
    roffOf("### a\n\n- `x` or `y`: .z\n- `n`"),
    ".SS a\n.TP\n\\fBx\\fR or \\fBy\\fR\n\\&.z\n.TP\n\\fBn\\fR\n",
  );
});
