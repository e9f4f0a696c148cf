import assert from "node:assert/strict";
import { test } from "node:test";
import { Coalesced } from "../../../daemon/service/coalesced.ts";

/** An operation that ends on request, and the number of started ones. */
function manual(): {
  readonly coalesced: Coalesced;
  readonly begun: () => number;
  readonly end: (error?: Error) => Promise<void>;
} {
  const runs: PromiseWithResolvers<void>[] = [];
  const coalesced = new Coalesced(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return {
    coalesced,
    begun: () => runs.length,
    async end(error) {
      const run = runs.at(-1);
      if (error === undefined) run?.resolve();
      else run?.reject(error);
      await settle();
    },
  };
}

/** Lets everything run that waits for promises only. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Notes when a promise has ended, and how. */
function watch(promise: Promise<void>): { state: string } {
  const watched = { state: "pending" };
  promise.then(
    () => (watched.state = "done"),
    (error: unknown) => (watched.state = `failed: ${(error as Error).message}`),
  );
  return watched;
}

test("runs at once if nothing runs", () => {
  const { coalesced, begun } = manual();
  void coalesced.run();
  assert.equal(begun(), 1);
});

test("answers all requests made during a run by one more run, which begins after it", async () => {
  const { coalesced, begun, end } = manual();
  const first = watch(coalesced.run());
  const later = [watch(coalesced.run()), watch(coalesced.run())];
  assert.equal(begun(), 1);
  await end();
  assert.deepEqual([first.state, ...later.map(({ state }) => state), begun()], ["done", "pending", "pending", 2]);
  await end();
  assert.deepEqual([...later.map(({ state }) => state), begun()], ["done", "done", 2]);
});

test("a request made during the second run gets a third", async () => {
  const { coalesced, begun, end } = manual();
  void coalesced.run();
  void coalesced.run();
  await end();
  const third = watch(coalesced.run());
  await end();
  assert.deepEqual([third.state, begun()], ["pending", 3]);
  await end();
  assert.equal(third.state, "done");
});

test("a run that fails does not prevent the next one", async () => {
  const { coalesced, begun, end } = manual();
  const first = watch(coalesced.run());
  const second = watch(coalesced.run());
  await end(new Error("no"));
  assert.deepEqual([first.state, second.state, begun()], ["failed: no", "pending", 2]);
  await end();
  assert.equal(second.state, "done");
});

test("is idle after the current and the waiting run have ended, and ignores failures", async () => {
  const { coalesced, end } = manual();
  watch(coalesced.run());
  watch(coalesced.run());
  const idle = watch(coalesced.idle());
  await end(new Error("no"));
  watch(coalesced.run());
  await end();
  assert.equal(idle.state, "pending", "the third has begun");
  await end();
  assert.equal(idle.state, "done");
});
