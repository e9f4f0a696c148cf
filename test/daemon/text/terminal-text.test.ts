import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, fit, widthOf } from "../../../daemon/text/terminal-text.ts";

test("wide characters take two columns, combining ones none", () => {
  assert.equal(widthOf("ab"), 2);
  assert.equal(widthOf("日本"), 4);
  assert.equal(widthOf("e\u0301"), 1);
});

test("a text that is too long ends in an ellipsis, and a wide character is not split", () => {
  assert.equal(cut("abcdef", 6), "abcdef");
  assert.equal(cut("abcdef", 5), "abcd…");
  assert.equal(cut("日本語", 6), "日本語");
  assert.equal(cut("日本語", 5), "日本…");
  assert.equal(cut("日本語", 4), "日…");
  assert.equal(cut("e\u0301tude", 4), "e\u0301tu…");
  assert.equal(cut("abc", 1), "…");
  assert.equal(cut("abc", 0), "");
});

test("a cell has exactly as many columns as asked for", () => {
  assert.equal(fit("日本語", 4, "left"), "日… ");
  for (const text of ["", "a", "日本語", "abcdefgh", "e\u0301e\u0301e\u0301"]) {
    for (const align of ["left", "right"] as const) assert.equal(widthOf(fit(text, 4, align)), 4, text);
  }
});
