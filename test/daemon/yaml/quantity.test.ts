import assert from "node:assert/strict";
import { test } from "node:test";
import { silenceOf } from "../../../daemon/api/find-silence.ts";
import { durationMs, isDuration } from "../../../daemon/yaml/quantity.ts";
import settingsSchema from "../../../schemas/settings.schema.json" with { type: "json" };

const TEXTS = ["500us", "7ns", "1h30m", "90s", "2d", "0s", "", "10", "s", "1w", "1.5s", "5S", " 1s", "1s ", "-1s"];

test("the commands accept the durations that the schemas accept", () => {
  const pattern = new RegExp(settingsSchema.$defs.duration.pattern);
  assert.deepEqual(
    TEXTS.map(isDuration),
    TEXTS.map((text) => pattern.test(text)),
  );
});

test("a duration above 0 is never 0 ms", () => {
  assert.deepEqual(["500us", "7ns", "0s", "1s7ns"].map(durationMs), [1, 1, 0, 1001]);
});

test("a silence can last microseconds", () => {
  const silence = silenceOf({ matchers: ["slow"], for: "1500us", author: "ada", comment: "test" }, 1000);
  assert.equal(silence.endsAtUnixMs, 1002);
});
