import assert from "node:assert/strict";
import { test } from "node:test";
import pino from "pino";
import { DeliveryLog } from "../../../daemon/notify/delivery-log.ts";
import type { DeliveryReport } from "../../../daemon/notify/queue/receiver-queue.ts";

const report = (action: string): DeliveryReport =>
  ({ letter: { id: "x", action, rule: "r" }, what: "dropped", error: "too much waits" }) as unknown as DeliveryReport;

test("ten deliveries of an action are logged a minute, the others by their number", () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  let nowMs = 0;
  const log = new DeliveryLog(logger, () => nowMs);
  for (let count = 0; count < 5000; count++) log.report(report("dead"));
  log.report(report("other"));
  assert.equal(lines.length, 11);
  nowMs = 61_000;
  log.report(report("dead"));
  assert.deepEqual(
    lines.slice(11).map(({ msg, action, deliveries }) => [msg, action, deliveries]),
    [
      ["4990 more deliveries dropped since the last line", "dead", 4990],
      ["delivery dropped", "dead", undefined],
    ],
  );
});

test("the number of a minute is logged when the minute is over, and at the end", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  let nowMs = 0;
  const log = new DeliveryLog(logger, () => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
    context.mock.timers.tick(ms);
  };
  const said = (): readonly unknown[] => lines.splice(0).flatMap(({ deliveries }) => deliveries ?? []);
  for (let count = 0; count < 12; count++) log.report(report("dead"));
  pass(59_000);
  assert.deepEqual(said(), []);
  pass(1_000);
  assert.deepEqual(said(), [2]);
  pass(120_000);
  assert.deepEqual(said(), [], "once");
  for (let count = 0; count < 13; count++) log.report(report("dead"));
  log.close();
  assert.deepEqual(said(), [3]);
  pass(120_000);
  assert.deepEqual(said(), [], "once");
});
