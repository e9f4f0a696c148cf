import assert from "node:assert/strict";
import { test } from "node:test";
import { flipAt } from "../../../daemon/run/flip.ts";
import { hostClock } from "../../../daemon/service/clock.ts";

test("time in which a process waits for programs belongs to the next generation", async () => {
  let nowMs = 1000;
  const clock = { ...hostClock(), bootMs: () => nowMs++ };
  const stoodStill = Promise.withResolvers<void>();
  const flipped = flipAt(
    {
      flip: async () => {
        await stoodStill.promise;
        return 0;
      },
    },
    clock,
  );
  nowMs = 5000;
  stoodStill.resolve();
  const { idle, moment } = await flipped;
  assert.deepEqual([idle, moment.nextFromMs, moment.bootMs], [0, 1000, 1001]);
});
