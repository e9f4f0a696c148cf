import assert from "node:assert/strict";
import { test } from "node:test";
import { Notifying } from "../../../daemon/notify/notifying.ts";

/** Steps that end when the test says so. */
function setting(): {
  readonly notifying: Notifying;
  readonly steps: readonly PromiseWithResolvers<void>[];
  readonly errors: readonly unknown[];
} {
  const steps: PromiseWithResolvers<void>[] = [];
  const errors: unknown[] = [];
  const step = (): Promise<void> => {
    const begun = Promise.withResolvers<void>();
    steps.push(begun);
    return begun.promise;
  };
  return { notifying: new Notifying(step, (error) => errors.push(error)), steps, errors };
}

const FOR_EVER_MS = 1_000_000_000;

test("a tick waits for the current notifications", async () => {
  const { notifying, steps } = setting();
  let isOver = false;
  const run = notifying.run(FOR_EVER_MS).finally(() => (isOver = true));
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  steps[0]?.resolve();
  assert.equal(await run, true);
});

test("notifications that take longer than a tick waits continue during the next ticks", async () => {
  const { notifying, steps } = setting();
  assert.equal(await notifying.run(1), true);
  const second = notifying.run(FOR_EVER_MS);
  assert.equal(steps.length, 2);
  steps[1]?.resolve();
  assert.equal(await second, true);
  let hasEnded = false;
  const ended = notifying.ended().then(() => (hasEnded = true));
  await new Promise(setImmediate);
  assert.equal(hasEnded, false, "the first is not over");
  steps[0]?.resolve();
  await ended;
});

test("a failed step is reported once, and the next one goes on", async () => {
  const { notifying, steps, errors } = setting();
  const failed = notifying.run(FOR_EVER_MS);
  steps[0]?.reject(new Error("first"));
  assert.equal(await failed, false);
  assert.equal(await notifying.run(1), true);
  steps[1]?.reject(new Error("second"));
  await notifying.ended();
  assert.deepEqual(errors.map(String), ["Error: first", "Error: second"]);
  const third = notifying.run(FOR_EVER_MS);
  steps[2]?.resolve();
  assert.equal(await third, true);
});
