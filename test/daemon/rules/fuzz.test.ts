import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { DEFAULTS } from "../../diagnostics/check-file.ts";

const ROOT = join(import.meta.dirname, "../../..");
const RULES = texts("test/diagnostics/rules");
const SETTINGS = texts("test/diagnostics/settings");
const PIECES = [
  "{",
  "}",
  "[",
  "]",
  ": ",
  "- ",
  "\n",
  "  ",
  "'",
  '"',
  "|\n",
  ">",
  "&a ",
  "*a",
  "!t ",
  "? ",
  "#",
  " #",
  ",",
  "~",
  "\t",
  "\\",
  "\u{1F600}",
  "\ud800",
  "---\n",
  "%",
  "@",
  "<<: ",
  "0x",
  "null",
  "__proto__",
  "constructor: ",
];

test("no mutation of a rule file makes the reader throw, or point outside the file", () => {
  mutate(RULES, (text) => {
    const { diagnostics } = readRules({ path: "x.yaml", text }, DEFAULTS);
    for (const { span } of diagnostics) {
      assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length + 1);
    }
    formatDiagnostics(diagnostics);
  });
});

test("no mutation of a settings file makes the reader throw", () => {
  mutate(SETTINGS, (text) => {
    const { result, diagnostics } = readSettings({ path: "x.yaml", text }, "/etc", "host");
    assert.equal(result === undefined, diagnostics.length > 0);
    formatDiagnostics(diagnostics);
  });
});

function texts(folder: string): readonly string[] {
  const path = join(ROOT, folder);
  const names = readdirSync(path).filter((name) => name.endsWith(".yaml") && !name.startsWith("too-many"));
  return names.map((name) => readFileSync(join(path, name), "utf8"));
}

/** Inserts, deletes and moves pieces at random places; the seed is fixed, so that a failure comes again. */
function mutate(inputs: readonly string[], check: (text: string) => void): void {
  const random = generator(20_261_123);
  for (let round = 0; round < 600; round++) {
    let text = inputs[random(inputs.length)] ?? "";
    for (let change = random(4); change >= 0; change--) {
      const at = random(text.length + 1);
      const piece = random(3) === 0 ? text.slice(at, at + random(20)) : (PIECES[random(PIECES.length)] ?? "");
      text = text.slice(0, at) + piece + text.slice(at + (random(2) === 0 ? random(5) : 0));
    }
    try {
      check(text);
    } catch (error) {
      throw new Error(`round ${round}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
}

/** mulberry32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
