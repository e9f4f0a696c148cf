import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKey } from "../../../daemon/sample/decode-key.ts";
import { bytes, filled, integer, keyLayout, NAMES, string } from "./columns.ts";

test("each column becomes a label by its meaning", () => {
  const names = new Map([[1n, "TCP_ESTABLISHED"]]);
  const layout = keyLayout({
    small: integer(8, true),
    big: integer(64),
    state: integer(32, false, { kind: "names", names }),
    odd: integer(32, false, { kind: "names", names }),
    user: integer(32, false, { kind: "user" }),
    nobody: integer(32, false, { kind: "user" }),
    flags: integer(16, false, { kind: "hex" }),
    took: integer(64, false, { kind: "duration" }),
    yes: { kind: "boolean" },
    peer: { kind: "address" },
    comm: string(16),
    tty: string(8, "tty"),
  });
  const key = bytes(
    [1, -2],
    [8, 2n ** 64n - 1n],
    [4, 1],
    [4, 9],
    [4, 0],
    [4, 0xffff_ffff],
    [2, 0xbeef],
    [8, 12_500_000],
    [1, 1],
    Buffer.from("00000000000000000000ffffc0000201", "hex"),
    filled("bash", 16),
    filled("pts3", 8),
  );
  assert.deepEqual(decodeKey(layout, key, NAMES), {
    small: "-2",
    big: "18446744073709551615",
    state: "TCP_ESTABLISHED",
    odd: "9",
    user: "root",
    nobody: "4294967295",
    flags: "0xbeef",
    took: "12.5ms",
    yes: "true",
    peer: "192.0.2.1",
    comm: "bash",
    tty: "pts/3",
  });
});

test("a key that is too short is our own bug", () => {
  assert.throws(
    () => decodeKey(keyLayout({ a: integer(32) }), new Uint8Array(3), NAMES),
    /a key of 3 bytes, expected 4/,
  );
});

test("a stack becomes one line, an address of the kernel a function", () => {
  const layout = keyLayout({
    stack: { kind: "stack", space: "user" },
    none: { kind: "stack", space: "kernel" },
    from: integer(64, false, { kind: "kernel-symbol" }),
  });
  const labels = decodeKey(layout, bytes([8, 7], [8, 0], [8, 0xffffffff81000000n]), NAMES);
  assert.deepEqual(labels, { stack: "inner:int+0x1;outer+0x2", none: "", from: "at_ffffffff81000000" });
});

test("different texts are different labels, for any bytes", () => {
  const layout = keyLayout({ text: string(16) });
  const texts = ["\xff", "\\xff", "\\x5cxff", "\\x5cx5cxff", "\xff\\xff", "\\\xff", "a\\x2db", "\\", "\xc3", "\\xc3"];
  const labelOf = (text: string): string | undefined =>
    decodeKey(layout, Buffer.concat([Buffer.from(text, "latin1")], 16), NAMES)["text"];
  assert.equal(new Set(texts.map(labelOf)).size, texts.length);
  assert.equal(labelOf("a\\x2db"), "a\\x2db");
  assert.equal(labelOf("\xff"), "\\xff");
});
