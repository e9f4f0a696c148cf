import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { Judging } from "../../../daemon/run/judging.ts";

/** Pieces that take 20 ms each by a clock that only they move. */
function setting(): {
  readonly judging: Judging<string, string>;
  readonly told: string[];
  readonly begin: (rule: string, pieces: number) => void;
} {
  let nowMs = 0;
  const told: string[] = [];
  const judging = new Judging<string, string>(() => nowMs);
  const begin = (rule: string, count: number): void => {
    const pieces = Array.from({ length: count }, (_, index) => [`${rule}${index}`])
      .values()
      .map((piece) => {
        nowMs += 20;
        return piece;
      });
    judging.begin(rule, { pieces, take: (items) => told.push(...items), fail: (error) => told.push(String(error)) });
  };
  return { judging, told, begin };
}

test("work that fits into a slice is judged at once", () => {
  const { judging, told, begin } = setting();
  begin("a", 2);
  assert.deepEqual(told, ["a0", "a1"]);
  assert.equal(judging.has("a"), false);
});

test("a rule with many keys lets other work have its turn, and loses nothing", async () => {
  const { judging, told, begin } = setting();
  begin("big", 100);
  begin("small", 1);
  assert.equal(told.indexOf("small0"), 3);
  assert.deepEqual([judging.has("big"), judging.has("small")], [true, false]);
  await setImmediate();
  await setImmediate();
  assert.ok(told.length < 20, "the loop has its turn between two slices");
  await judging.settled("big");
  assert.deepEqual([told.length, told.at(-1), judging.isIdle], [101, "big99", true]);
});

test("work on a rule begins after its tick was judged, and is waited for like its tick", async () => {
  const { judging, told, begin } = setting();
  begin("a", 5);
  const pieces = [["first"], ["second"]].values();
  judging.after("a", { pieces, take: (items) => told.push(...items), fail: (error) => told.push(String(error)) });
  assert.deepEqual(told, ["a0", "a1", "a2"]);
  await judging.settled("a");
  assert.deepEqual(told.slice(3), ["a3", "a4", "first", "second"]);
  assert.equal(judging.isIdle, true);
});

test("waiting for all ends at the time limit", async () => {
  const { judging, told, begin } = setting();
  begin("big", 100);
  await judging.idle(200);
  assert.equal(judging.has("big"), true);
  assert.ok(told.length < 20);
  await judging.idle();
  assert.equal(told.length, 100);
});

test("a rule that cannot be judged reports it, and is judged again at its next tick", () => {
  const told: string[] = [];
  const judging = new Judging<string, string>(() => 0);
  const pieces = [1].values().map((): string[] => {
    throw new Error("broken");
  });
  judging.begin("a", { pieces, take: () => undefined, fail: (error) => told.push(String(error)) });
  assert.deepEqual([told, judging.has("a")], [["Error: broken"], false]);
});
