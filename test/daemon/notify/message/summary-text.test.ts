import assert from "node:assert/strict";
import { test } from "node:test";
import { summaryText } from "../../../../daemon/notify/message/summary-text.ts";

test("a summary that begins with the rule's name is shown without it", () => {
  assert.equal(summaryText({ rule: "execs", summary: "execs: value 151 > 50" }), "value 151 > 50");
  assert.equal(summaryText({ rule: "execs", summary: "151 execs" }), "151 execs");
  assert.equal(summaryText({ rule: "execs", summary: "execs-of-sh: 3" }), "execs-of-sh: 3");
});
