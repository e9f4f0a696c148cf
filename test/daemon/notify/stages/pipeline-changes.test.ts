import assert from "node:assert/strict";
import { test } from "node:test";
import { PipelineChanges } from "../../../../daemon/notify/stages/pipeline-changes.ts";

test("alerts of a message are saved with it, however many others wait", () => {
  const changes = new PipelineChanges();
  for (let id = 0; id < 10_000; id++) changes.touch(`other${id}`);
  changes.touch("notified before");
  changes.touchNotified("notified before");
  changes.touchNotified("notified");
  changes.touch("notified");
  const first = changes.take(4000);
  assert.deepEqual(first.slice(0, 2), ["notified before", "notified"]);
  assert.equal(first.length, 4002);
  const rest = changes.take(Infinity);
  assert.equal(rest.length, 6000);
  assert.ok(!rest.includes("notified"));
  assert.ok(changes.isEmpty);
});
