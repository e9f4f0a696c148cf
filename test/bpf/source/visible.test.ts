import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { visible, visibleJson, visibleText } from "../../../bpf/source/visible.ts";

/**
 * Controls, marks and isolates of bidirectional text, zero-width characters, separators, tags, lone
 * surrogates.
 */
const HIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
];

const hidden = HIDDEN.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
const texts = fc
  .array(
    fc
      .oneof(fc.constantFrom(...hidden), fc.integer({ min: 0, max: 0x10ffff }))
      .map((code) => String.fromCodePoint(code)),
  )
  .map((characters) => characters.join(""));

/** Each character is seen: no hidden one is among those of the text. */
function isSeen(text: string): boolean {
  const found = new Set(hidden);
  return Array.from(text).every((character) => !found.has(character.codePointAt(0) ?? 0));
}

suite("invisible characters", () => {
  test("never reach a terminal", () => {
    for (const code of hidden) assert.ok(isSeen(visible(`a${String.fromCodePoint(code)}b`)), code.toString(16));
    fc.assert(fc.property(texts, (text) => isSeen(visible(text))));
  });

  test("are escaped in JSON, which has the same value as before", () => {
    for (const code of hidden)
      assert.ok(isSeen(visibleJson(JSON.stringify(String.fromCodePoint(code)))), code.toString(16));
    fc.assert(
      fc.property(texts, texts, (name, text) => {
        const json = visibleJson(JSON.stringify({ [`x${name}`]: text }));
        assert.ok(isSeen(json));
        assert.deepEqual(JSON.parse(json), { [`x${name}`]: text });
      }),
    );
  });

  test("differ from a text that spells their escapes", () => {
    const pieces = fc.constantFrom(
      "\\",
      "x",
      "1b",
      "5c",
      "7f",
      "u{",
      "202e",
      "}",
      "\u001b",
      "\u0080",
      "\u202e",
      "\u007f",
      "é",
    );
    const spelling = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(""));
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(spelling, (text) => {
        const shown = visibleText(text);
        assert.ok(isSeen(shown));
        assert.equal(seen.getOrInsert(shown, text), text);
      }),
      { numRuns: 5000 },
    );
    assert.equal(visibleText("dev-disk-by\\x2dlabel C:\\dir"), "dev-disk-by\\x2dlabel C:\\dir");
  });

  test("are the only characters that are changed", () => {
    for (const text of ["ls -la /tmp", "größer ≥ 5 µs", "日本語", "⚠️ ❤️", "\\x1b"]) {
      assert.equal(visible(text), text);
      assert.equal(visibleJson(JSON.stringify(text)), JSON.stringify(text));
    }
  });
});
