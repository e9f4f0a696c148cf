import assert from "node:assert/strict";
import { test } from "node:test";
import { describeOdd, findOddCharacter, helpWithOdd } from "../../../bpf/source/odd-character.ts";

test("spaces other than the ASCII one, and invisible characters, are found", () => {
  // Unicode 16, of DerivedGeneralCategory.txt and DerivedCoreProperties.txt
  const spaces = [0xa0, 0x1680, 0x2000, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];
  const unseen = [0xad, 0x61c, 0x180e, 0x200b, 0x200d, 0x202e, 0x2060, 0x2066, 0x3164, 0xfeff, 0xe0041];
  for (const code of [...spaces, ...unseen]) {
    const odd = findOddCharacter(`a${String.fromCodePoint(code)}b`);
    assert.equal(odd?.index, 1, code.toString(16));
    assert.ok(odd.name.endsWith(`(U+${code.toString(16).toUpperCase().padStart(4, "0")})`), odd.name);
    assert.equal(odd.help.includes("looks like a space"), spaces.includes(code), code.toString(16));
  }
});

test("ordinary characters are not odd", () => {
  for (const text of ["", "a b\tc\n", "caf\u00e9", "\u6f22\u5b57", "\u2764\ufe0f", "\u2260"])
    assert.equal(findOddCharacter(text), undefined, text);
});

test("characters of word processors have an ASCII character to write instead", () => {
  assert.deepEqual(describeOdd("\u2013"), { name: "en dash (U+2013)", help: 'write "-"' });
  assert.equal(describeOdd("\u00e9"), undefined);
});

test("help is replaced only if there is such a character", () => {
  assert.equal(helpWithOdd("abc", "x"), "x");
  assert.match(helpWithOdd("a\u00a0c", "x") ?? "", /^it has a no-break space/);
});
