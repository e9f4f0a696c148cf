import assert from "node:assert/strict";
import { test } from "node:test";
import { startHeartbeat } from "../../../daemon/service/heartbeat.ts";

test("a heartbeat comes every second while ticks are in time, and stops while they are late", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  let [beats, lateMs] = [0, 0];
  const loop = { lateMs: () => lateMs, stop: () => Promise.resolve() };
  const heartbeat = startHeartbeat(
    () => loop,
    () => beats++,
  );
  context.mock.timers.tick(3000);
  assert.equal(beats, 3);
  lateMs = 10_001;
  context.mock.timers.tick(60_000);
  assert.equal(beats, 3);
  lateMs = 0;
  context.mock.timers.tick(1000);
  assert.equal(beats, 4);
  heartbeat[Symbol.dispose]();
  context.mock.timers.tick(5000);
  assert.equal(beats, 4);
});
