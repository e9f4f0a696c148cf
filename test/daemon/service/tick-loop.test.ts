import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startTickLoop } from "../../../daemon/service/tick-loop.ts";

/** A clock that the test moves, together with timers and what waits for promises. */
function scriptedClock(context: TestContext): {
  readonly nowMs: () => number;
  pass(ms: number): Promise<void>;
  /** time passes in which no timer comes */
  stall(ms: number): void;
} {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 5_000;
  return {
    nowMs: () => nowMs,
    stall(ms) {
      nowMs += ms;
    },
    async pass(ms) {
      for (let n = 0; n < ms; n++) {
        nowMs++;
        context.mock.timers.tick(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

test("turns are at multiples of the period, or soon after one that took too long", async (context) => {
  const clock = scriptedClock(context);
  const turns: number[] = [];
  let takesMs = 30;
  const loop = startTickLoop(100, clock.nowMs, async () => {
    turns.push(clock.nowMs() - 5_000);
    await new Promise((resolve) => setTimeout(resolve, takesMs));
    return true;
  });
  await clock.pass(250);
  takesMs = 120;
  await clock.pass(100);
  takesMs = 30;
  await clock.pass(240);
  assert.deepEqual(turns, [100, 200, 300, 425, 500]);
  takesMs = 380;
  await clock.pass(600);
  assert.deepEqual(turns.slice(5), [600, 1000]);
  const stopped = loop.stop();
  await clock.pass(300);
  await stopped;
  assert.equal(turns.length, 7);
});

test("a turn that begins late covers what was due before it", async (context) => {
  const clock = scriptedClock(context);
  const turns: number[] = [];
  const loop = startTickLoop(100, clock.nowMs, async () => {
    turns.push(clock.nowMs() - 5_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return true;
  });
  await clock.pass(150);
  clock.stall(110);
  await clock.pass(150);
  assert.deepEqual(turns, [100, 310, 400]);
  await loop.stop();
});

test("a loop is late while a turn hangs or fails, from the time at which it was due", async (context) => {
  const clock = scriptedClock(context);
  let works = true;
  const loop = startTickLoop(100, clock.nowMs, () => Promise.resolve(works));
  await clock.pass(200);
  assert.equal(loop.lateMs(), 0);
  works = false;
  await clock.pass(350);
  assert.equal(loop.lateMs(), 250);
  works = true;
  await clock.pass(50);
  assert.equal(loop.lateMs(), 0);
  await loop.stop();
});

test("stopping waits for the current turn, and begins no other", async (context) => {
  const clock = scriptedClock(context);
  const turn = Promise.withResolvers<boolean>();
  let turns = 0;
  const loop = startTickLoop(100, clock.nowMs, () => {
    turns++;
    return turn.promise;
  });
  await clock.pass(100);
  let stopped = false;
  const ended = loop.stop().then(() => (stopped = true));
  await clock.pass(200);
  assert.equal(stopped, false);
  turn.resolve(true);
  await ended;
  await clock.pass(300);
  assert.equal(turns, 1);
});
