import assert from "node:assert/strict";
import { test } from "node:test";
import { timeText } from "../../../daemon/text/time-text.ts";

test("a time is written as Date writes it, after any other time", () => {
  const times = [0, 999, 1000, 1_763_930_463_125, 1_763_930_463_005, 1_763_930_462_999, 253_402_300_799_999, -1, -1000];
  for (const unixMs of [...times, ...times.toReversed()])
    assert.equal(timeText(unixMs), new Date(unixMs).toISOString());
  assert.equal(timeText(1_763_930_463_125.75), "2025-11-23T20:41:03.125Z");
  assert.throws(() => timeText(NaN), RangeError);
});
