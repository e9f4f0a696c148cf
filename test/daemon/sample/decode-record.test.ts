import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord } from "../../../daemon/sample/decode-record.ts";
import { bytes, filled, integer, NAMES, recordLayout, string } from "./columns.ts";

const CONTEXT = {
  rule: "audit",
  bootOffsetNs: 1_000_000n,
  names: NAMES,
};
const TYPES = {
  command: string(16),
  pid: integer(32),
  user: integer(32, false, { kind: "user" }),
  loginuser: integer(32, false, { kind: "user" }),
  cwd: string(16),
  size: integer(64),
  change: integer(64, true),
  took: integer(64, false, { kind: "duration" }),
  ok: { kind: "boolean" },
} as const;
const NUMBERS = [
  [4, 7],
  [4, 0],
  [4, 1000],
] as const;
const MORE = [
  [8, 2n ** 64n - 1n],
  [8, -5],
  [8, 250_000_000],
  [1, 0],
] as const;
const FIELDS = {
  command: "ls -l",
  pid: 7,
  user: "root",
  loginuser: "1000",
  cwd: "/home/ann",
  size: "18446744073709551615",
  change: -5,
  took: 250_000_000,
  ok: false,
};

test("a packed record", () => {
  const record = bytes([8, 42], [4, 6], ...NUMBERS, [4, 10], ...MORE, "ls -l\0", "/home/ann\0");
  assert.deepEqual(decodeRecord(recordLayout(TYPES, true), record, CONTEXT), {
    ok: true,
    record: { rule: "audit", timeNs: 1_000_042n, fields: FIELDS, truncated: [], durations: ["took"] },
  });
});

test("`now` is Unix time, as the record's own time is", () => {
  const layout = recordLayout({ now: integer(64, false, { kind: "timestamp" }) }, false);
  const decoded = decodeRecord(layout, bytes([8, 42], [8, 43]), CONTEXT);
  assert.deepEqual(decoded.ok && [decoded.record.timeNs, decoded.record.fields["now"]], [1_000_042n, "1000043"]);
});

test("a record with strings in place, at an odd address", () => {
  const record = bytes([8, 42], filled("ls -l", 16), ...NUMBERS, filled("/home/ann", 16), ...MORE);
  const moved = bytes([3, 0], record).subarray(3);
  assert.deepEqual(decodeRecord(recordLayout(TYPES, false), moved, CONTEXT), {
    ok: true,
    record: { rule: "audit", timeNs: 1_000_042n, fields: FIELDS, truncated: [], durations: ["took"] },
  });
});

test("text that was cut, and text that is not UTF-8, are named", () => {
  const layout = recordLayout({ a: string(4), b: string(4), c: string(4) }, true);
  const record = bytes([8, 0], [4, 4], [4, 3], [4, 0], "abc\0", Uint8Array.of(0x61, 0xff, 0));
  assert.deepEqual(decodeRecord(layout, record, CONTEXT), {
    ok: true,
    record: {
      rule: "audit",
      timeNs: 1_000_000n,
      fields: { a: "abc", b: "a\\xff", c: "" },
      truncated: ["a"],
      escaped: ["b"],
    },
  });
});

test("a buffer keeps its NULs, and is cut at its length", () => {
  const layout = recordLayout({ a: string(4, "bytes"), b: string(4, "bytes") }, true);
  const record = bytes([8, 0], [4, 4], [4, 0x8000_0003], Uint8Array.of(0x61, 0, 0x62, 0), Uint8Array.of(0, 0x63, 0));
  const decoded = decodeRecord(layout, record, CONTEXT);
  assert.deepEqual(decoded.ok && [decoded.record.fields, decoded.record.truncated], [
    { a: "a\\x00b\\x00", b: "\\x00c\\x00" },
    ["b"],
  ]);
});

test("corrupt records are reported as corrupt", () => {
  const layout = recordLayout({ a: string(4), b: string(4) }, true);
  const errorOf = (record: Uint8Array): string | undefined => {
    const decoded = decodeRecord(layout, record, CONTEXT);
    return decoded.ok ? undefined : decoded.error;
  };
  assert.deepEqual(
    [bytes(), bytes([8, 0], [4, 1]), bytes([8, 0], [4, 5], [4, 0], "abcde"), bytes([8, 0], [4, 2], [4, 3], "a\0b")].map(
      errorOf,
    ),
    [
      "expected at least 16 bytes, found 0",
      "expected at least 16 bytes, found 12",
      'field "a": expected at most 4 bytes of text, found 5',
      'field "b": its 3 bytes of text end beyond the record',
    ],
  );
});

test("an unreadable field is null however it is shown, and a text keeps the beginning that is known", () => {
  const types = {
    name: string(16),
    none: string(16),
    user: TYPES.user,
    address: { kind: "address" },
    size: TYPES.size,
  } as const;
  const layout = { ...recordLayout({ ...types, marks: integer(64) }, false), unreadableAt: 68 };
  const values = [filled("ls", 16), filled("", 16), [4, 0], new Uint8Array(16), [8, 2n ** 63n]] as const;
  const decoded = decodeRecord(layout, bytes([8, 42], ...values, [8, 0b11111]), CONTEXT);
  assert.ok(decoded.ok);
  const { marks: _, ...fields } = decoded.record.fields;
  assert.deepEqual(fields, { name: "ls", none: null, user: null, address: null, size: null });
  assert.deepEqual(decoded.record.unreadable, Object.keys(types));
});

test("no prefix of a record and no byte of its lengths makes decoding throw", () => {
  const whole = bytes([8, 42], [4, 6], ...NUMBERS, [4, 10], ...MORE, "ls -l\0", "/home/ann\0");
  for (const packed of [true, false]) {
    const layout = recordLayout(TYPES, packed);
    for (let length = 0; length <= whole.length; length++) decodeRecord(layout, whole.subarray(0, length), CONTEXT);
    for (let at = 8; at < whole.length; at++) {
      const broken = Uint8Array.from(whole);
      broken[at] = 0xff;
      decodeRecord(layout, broken, CONTEXT);
    }
  }
});
