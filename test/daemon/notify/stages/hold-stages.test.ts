import assert from "node:assert/strict";
import { test } from "node:test";
import type { StageAlert } from "../../../../daemon/notify/stages/decision.ts";
import { muteStage, silenceStage } from "../../../../daemon/notify/stages/hold-stages.ts";
import { alert } from "../fixtures.ts";
import { matchersOf, START_UNIX_MS } from "../pipeline-fixture.ts";

const seen: StageAlert = { rule: "nightly", event: alert, labels: { alertname: "nightly", team: "db" } };
const hour = 3_600_000;

test("a silence suppresses matching alerts until it ends, and names its author", () => {
  const silence = {
    id: "1",
    matchers: matchersOf('team="db"'),
    startsAtUnixMs: START_UNIX_MS,
    endsAtUnixMs: START_UNIX_MS + hour,
    author: "ops",
    comment: "maintenance",
  };
  const { judge } = silenceStage(() => [silence]);
  assert.deepEqual(judge(seen, START_UNIX_MS), {
    outcome: "held",
    reason: "silenced until 2026-11-26T09:00:00.000Z by ops: maintenance",
  });
  assert.equal(judge(seen, START_UNIX_MS + hour).outcome, "passed");
  assert.equal(judge({ ...seen, labels: { team: "web" } }, START_UNIX_MS).outcome, "passed");
});

test("a rule's mute windows suppress its alerts only", () => {
  const hours = { startMinute: 8 * 60, endMinute: 9 * 60 };
  const { judge } = muteStage((rule) => (rule === "nightly" ? [{ days: ["thu"], hours, zone: "UTC" }] : []));
  assert.deepEqual(judge(seen, START_UNIX_MS), {
    outcome: "held",
    reason: "the rule is muted thu 08:00-09:00 UTC",
  });
  assert.equal(judge(seen, START_UNIX_MS + hour).outcome, "passed");
  assert.equal(judge({ ...seen, rule: "other" }, START_UNIX_MS).outcome, "passed");
});
