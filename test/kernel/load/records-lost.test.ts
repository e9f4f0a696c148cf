import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { startCallers } from "../loads/getppid-on-all-cpus.ts";
import { kernelTest } from "../privilege.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";

const CALLS = 200_000;

kernelTest("each record that comes faster than it can be read is read once or counted as lost", async (context) => {
  await using callers = startCallers();
  const limits = { ringBytes: 64 << 10 };
  await using rule = new LoadedRule(`${callers.rule}event: {key: key}`, NO_SYMBOLS, hostKernel, limits);
  let read = 0;
  const take = (): void => {
    read += rule.records().length;
  };
  let made: number | undefined;
  const done = callers.call(CALLS).then((count) => (made = count));
  while (made === undefined) {
    await sleep(5);
    take();
  }
  await done;
  take();
  const { health } = await rule.sample();
  assert.equal(health.matched, made);
  assert.equal(health.emitted, read);
  assert.equal(read + health.lost_ring, made);
  assert.ok(health.lost_ring > 0 && read > 0);
  context.diagnostic(`${read} of ${made} read, ${health.lost_ring} counted as lost`);
});
