import assert from "node:assert/strict";
import { test } from "node:test";
import { HEALTH_COUNTERS, type HealthCounter } from "../../../bpf/compile/object-spec.ts";
import { CountsReader } from "../../../daemon/run/counts-reader.ts";

const health = Object.fromEntries(HEALTH_COUNTERS.map((name) => [name, 0n])) as Record<HealthCounter, bigint>;

/** Counts without rows. The kernel left out some runs of their programs. */
function readerOf(left: { lost: bigint | undefined }): CountsReader {
  const totals = () => ({ runTimeNs: 0n, runCount: 0n, skipped: left.lost, lost: left.lost });
  const drain = () => ({ unkeyed: [], rows: [], health, leftOut: [] });
  return new CountsReader({ drain, totals }, { rows: (rows) => rows });
}

test("runs that the kernel left out since the last tick are seen before the next one reads them", () => {
  const left: { lost: bigint | undefined } = { lost: 3n };
  const reader = readerOf(left);
  assert.equal(reader.losesRuns, true);
  assert.equal(reader.read(0).lostRuns, 3);
  assert.equal(reader.losesRuns, false);
  left.lost = 4n;
  assert.equal(reader.losesRuns, true);
  left.lost = undefined;
  assert.equal(reader.losesRuns, false);
});
