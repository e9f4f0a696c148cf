import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startTickLoop, type TickLoop } from "../../daemon/tick-loop.ts";

interface FakeTime {
  nowMs: number;
  /** Lets this much time pass with every timer that falls due in it, and what waits for promises after each. */
  pass(ms: number): Promise<void>;
}

const STEP_MS = 50;

function fakeTime(context: TestContext): FakeTime {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const time: FakeTime = {
    nowMs: 0,
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        time.nowMs += STEP_MS;
        context.mock.timers.tick(STEP_MS);
        await settle();
      }
    },
  };
  return time;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("runs at multiples of the period, counted from the start", async (context) => {
  const time = fakeTime(context);
  const at: number[] = [];
  startTickLoop(
    1000,
    () => time.nowMs,
    async () => at.push(time.nowMs) > 0,
  );
  await time.pass(3500);
  assert.deepEqual(at, [1000, 2000, 3000]);
});

test("never runs two turns at a time, and leaves out those that were missed", async (context) => {
  const time = fakeTime(context);
  const { at, turns } = slowLoop(time);
  await time.pass(1000);
  await time.pass(2300);
  assert.deepEqual(at, [1000], "the first is still under way");
  turns[0]?.resolve(true);
  await time.pass(1000);
  assert.deepEqual(at, [1000, 4000], "those due at 2000 and 3000 are gone, the next is in step");
});

test("goes on in step after a suspended host wakes up", async (context) => {
  const time = fakeTime(context);
  const at: number[] = [];
  startTickLoop(
    1000,
    () => time.nowMs,
    async () => at.push(time.nowMs) > 0,
  );
  await time.pass(1000);
  time.nowMs += 10_300; // the clock ran on, timers did not
  await time.pass(2000);
  assert.deepEqual(at, [1000, 12_300, 13_000]);
});

test("is late by what has passed since a turn should have ended well", async (context) => {
  const time = fakeTime(context);
  const { loop, turns } = slowLoop(time);
  await time.pass(1000);
  assert.equal(loop.lateMs(), 0);
  await time.pass(1500);
  assert.equal(loop.lateMs(), 1500);
  turns[0]?.resolve(false);
  await settle();
  assert.equal(loop.lateMs(), 1500, "a turn that failed is none");
  await time.pass(500);
  turns[1]?.resolve(true);
  await settle();
  assert.equal(loop.lateMs(), 0);
});

test("stopping waits for the turn under way, and begins no other", async (context) => {
  const time = fakeTime(context);
  const { at, loop, turns } = slowLoop(time);
  await time.pass(1000);
  let stopped = false;
  void loop.stop().then(() => (stopped = true));
  await time.pass(2000);
  assert.equal(stopped, false);
  turns[0]?.resolve(true);
  await settle();
  assert.equal(stopped, true);
  await time.pass(3000);
  assert.deepEqual(at, [1000]);
});

/** A loop whose turns end when they are told to. */
function slowLoop(time: FakeTime): {
  readonly loop: TickLoop;
  readonly at: number[];
  readonly turns: PromiseWithResolvers<boolean>[];
} {
  const at: number[] = [];
  const turns: PromiseWithResolvers<boolean>[] = [];
  const tick = (): Promise<boolean> => {
    const turn = Promise.withResolvers<boolean>();
    turns.push(turn);
    at.push(time.nowMs);
    return turn.promise;
  };
  return { loop: startTickLoop(1000, () => time.nowMs, tick), at, turns };
}
