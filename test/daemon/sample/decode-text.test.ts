import assert from "node:assert/strict";
import { test } from "node:test";
import { addressText } from "../../../daemon/text/address-text.ts";
import { decodeBytes, decodeText, ttyName } from "../../../daemon/sample/decode-text.ts";
import { durationText } from "../../../daemon/text/duration-text.ts";

test("UTF-8 is unchanged, including control characters, BOM and texts that look like escapes", () => {
  const text = "\uFEFFprintf '\\xff' \u001b[1m\t\n\u007f héllo €🎉";
  assert.deepEqual(decodeText(Buffer.from(text)), { text, escaped: false });
});

const ESCAPED: readonly (readonly [string, readonly number[], string])[] = [
  ["a stray byte", [0x61, 0xff, 0x62], "a\\xffb"],
  ["a backslash beside one", [0x5c, 0xff], "\\x5c\\xff"],
  ["a sequence that was cut", [0x61, 0xe2, 0x82], "a\\xe2\\x82"],
  ["an overlong slash", [0xc0, 0xaf], "\\xc0\\xaf"],
  ["an encoded surrogate", [0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
  ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"],
  ["characters around it", [0xc3, 0xa9, 0x80, 0xf0, 0x9f, 0x8e, 0x89], "é\\x80🎉"],
];
for (const [name, bytes, text] of ESCAPED) {
  test(`escapes: ${name}`, () => assert.deepEqual(decodeText(Uint8Array.from(bytes)), { text, escaped: true }));
}

test("escapes can be undone: no byte is lost", () => {
  for (let value = 0; value < 65_536; value++) {
    const bytes = Buffer.from([value >> 8, value & 255, 0xff]);
    const { text } = decodeText(bytes);
    const undone = text
      .split(/\\x([0-9a-f]{2})/)
      .map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, "hex")));
    assert.deepEqual(Buffer.concat(undone), bytes);
  }
});

test("terminals have their names below /dev", () => {
  assert.deepEqual(["pts3", "tty1", "", "ptsx"].map(ttyName), ["pts/3", "tty1", "", "ptsx"]);
});

test("bytes that are not text are shown as printable ASCII and escapes, without losses", () => {
  const shown = decodeBytes(Uint8Array.from([0x41, 0x20, 0x7e, 0x5c, 0, 0x0a, 0x7f, 0xc3, 0xa9]));
  assert.deepEqual(shown, { text: "A ~\\x5c\\x00\\x0a\\x7f\\xc3\\xa9", escaped: true });
});

const ADDRESSES: readonly (readonly [string, string])[] = [
  ["00000000000000000000ffff0a000001", "10.0.0.1"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["20010db8000000000000000000000001", "2001:db8::1"],
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010000000000010000000000000001", "2001:0:0:1::1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["fe80000000000000000000000000abcd", "fe80::abcd"],
  ["fe800000000000000000000000000000", "fe80::"],
  ["0000000000000000000000000a000001", "::a00:1"],
];
for (const [hex, text] of ADDRESSES) {
  test(`address ${text}`, () => assert.equal(addressText(Buffer.from(hex, "hex")), text));
}

test("durations are in the units of the language", () => {
  const seconds = [0, 1e-9, 1.5e-3, 0.25, 0.1234567, 1, 59.99, 60, 90, 3600, 7260, 90_000, 172_800, -0.5];
  assert.deepEqual(
    seconds.map((each) => durationText(each * 1e9)),
    ["0s", "1ns", "1.5ms", "250ms", "123ms", "1s", "60s", "1m", "1m30s", "1h", "2h1m", "1d1h", "2d", "-500ms"],
  );
});
