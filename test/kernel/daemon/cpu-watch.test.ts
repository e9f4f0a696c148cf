import assert from "node:assert/strict";
import { CpuWatch, type PausableRule } from "../../../daemon/run/budget/cpu-watch.ts";
import { kernelTest } from "../privilege.ts";
import { SILENT } from "./runner-fixture.ts";

/** A rule that is measured without being in the kernel. */
class CountedRule implements PausableRule {
  readonly name = "counted";
  mayPause = true;
  cpu: number | undefined;
  reason: string | undefined;
  runTimeNs: bigint | undefined = 0n;
  readonly object = {
    totals: () => {
      if (this.runTimeNs === undefined) throw new Error("its counts cannot be read");
      return { runTimeNs: this.runTimeNs };
    },
  };

  get isPaused(): boolean {
    return this.reason !== undefined;
  }

  pause(reason: string): Promise<void> {
    this.reason = reason;
    return Promise.resolve();
  }
}

interface Watching extends Disposable {
  readonly watch: CpuWatch;
  readonly rule: CountedRule;
  /** the calls of `measureParts` */
  readonly measured: boolean[];
  /** Takes a step after some time. */
  readonly step: (afterMs: number) => Promise<void>;
}

function watching(): Watching {
  let nowMs = 0;
  const [rule, measured] = [new CountedRule(), new Array<boolean>()];
  const moment = { bootNs: () => 0n, unixNs: () => 0n, monotonicUs: () => 0n };
  const watch = new CpuWatch({
    clock: { ...moment, bootMs: () => nowMs, unixMs: () => nowMs },
    logger: SILENT,
    rules: () => [rule],
    limit: () => 0.05,
    measureParts: (isMeasured) => void measured.push(isMeasured),
  });
  const step = async (afterMs: number): Promise<void> => {
    nowMs += afterMs;
    await watch.step();
  };
  return { watch, rule, measured, step, [Symbol.dispose]: () => watch[Symbol.dispose]() };
}

kernelTest("a measurement that fails is ended, and a later one is made", async () => {
  using watched = watching();
  const { measured, rule, step } = watched;
  await step(30_000);
  assert.deepEqual(measured, [true]);
  rule.runTimeNs = undefined;
  await step(1_000);
  assert.deepEqual(measured, [true, false]);
  rule.runTimeNs = 0n;
  await step(1_000);
  assert.deepEqual(measured, [true, false]);
  await step(30_000);
  rule.runTimeNs = 10_000_000n;
  await step(1_000);
  assert.deepEqual(measured, [true, false, true, false]);
  assert.equal(rule.cpu, 0.01);
});

kernelTest("a rule that may not be paused stays, and its cost detaches no other", async () => {
  using watched = watching();
  const { rule, step } = watched;
  rule.mayPause = false;
  for (let each = 0; each < 6; each++) {
    await step(30_000);
    rule.runTimeNs = (rule.runTimeNs ?? 0n) + 100_000_000n;
    await step(1_000);
  }
  assert.deepEqual([rule.cpu, rule.isPaused], [0.1, false]);
});

kernelTest("a rule that cannot be attached again after its pause is not tried all the time", async () => {
  using watched = watching();
  const { rule, step, watch } = watched;
  for (let each = 0; each < 5; each++) {
    await step(30_000);
    rule.runTimeNs = (rule.runTimeNs ?? 0n) + 100_000_000n;
    await step(1_000);
  }
  assert.match(rule.reason ?? "", /take 10% of a CPU.* detached for 1m, until /);
  await step(59_000);
  assert.deepEqual(watch.due, []);
  await step(2_000);
  assert.deepEqual(watch.due, [rule]);
  await watch.pauseAgain(watch.due);
  assert.deepEqual(watch.due, []);
  assert.match(rule.reason ?? "", /cannot be attached again: it stays detached for 2m, until /);
  await step(119_000);
  assert.deepEqual(watch.due, []);
  await step(2_000);
  assert.deepEqual(watch.due, [rule]);
});
