import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { hostClock } from "../../../daemon/service/clock.ts";

const clock = hostClock();

/**
 * A reading of `read` lies between two of the same clock read otherwise; the kernel's own texts
 * round by `toleranceMs`.
 */
function assertSameClock(read: () => number, reference: () => number, toleranceMs: number): void {
  const before = reference();
  const value = read();
  const after = reference();
  assert.ok(value >= before - toleranceMs && value <= after + toleranceMs, `${before} <= ${value} <= ${after}`);
}

suite("the host's clock", () => {
  test("boot time is the kernel's, suspend included", () => {
    // /proc/uptime is CLOCK_BOOTTIME in hundredths of a second.
    const uptimeMs = (): number => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
    assertSameClock(() => clock.bootMs(), uptimeMs, 10);
    assertSameClock(() => Number(clock.bootNs()) / 1e6, uptimeMs, 10);
  });

  test("wall time is that of Date", () => {
    assertSameClock(() => clock.unixMs(), Date.now, 1);
    assertSameClock(() => Number(clock.unixNs() / 1_000_000n), Date.now, 1);
  });

  test("monotonic time is that of process.hrtime", () => {
    assertSameClock(
      () => Number(clock.monotonicUs()) / 1000,
      () => Number(process.hrtime.bigint()) / 1e6,
      1,
    );
  });
});
