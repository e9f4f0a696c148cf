import assert from "node:assert/strict";
import { test } from "node:test";
import { PipelineChanges } from "../../../../daemon/notify/stages/pipeline-changes.ts";

test("alerts of a message are saved with it, however many others wait", () => {
  const changes = new PipelineChanges();
  for (let id = 0; id < 10_000; id++) changes.touch(`other${id}`);
  changes.touch("told before");
  changes.touchTold("told before");
  changes.touchTold("told");
  changes.touch("told");
  const first = changes.take(4000);
  assert.deepEqual(first.slice(0, 2), ["told before", "told"]);
  assert.equal(first.length, 4002);
  const rest = changes.take(Infinity);
  assert.equal(rest.length, 6000);
  assert.ok(!rest.includes("told"));
  assert.ok(changes.isEmpty);
});
