import assert from "node:assert/strict";
import { test } from "node:test";
import { type SealedMoment, thinned } from "../../../daemon/seal/seal-folder.ts";

const momentAt = (minute: number): SealedMoment => ({
  time: new Date(1_796_000_000_000 + minute * 60_000).toISOString(),
  ...{ checkpoint: "c", size: minute, segment: 0, bytes: 0 },
});

test("old checkpoints are thinned out to some of the hours, the newest all stay, in their order", () => {
  const years = Array.from({ length: 400_000 }, (_, minute) => momentAt(minute));
  const kept = thinned(years);
  assert.ok(kept.length <= 4096 + 1024 && kept.length > 4096 + 512, String(kept.length));
  assert.deepEqual(kept.slice(-4096), years.slice(-4096));
  assert.deepEqual(
    kept,
    kept.toSorted((a, b) => a.size - b.size),
  );
  const [first, second] = kept;
  assert.ok(first && second && second.size - first.size >= 60);
});

test("few checkpoints all stay", () => {
  const few = Array.from({ length: 100 }, (_, minute) => momentAt(minute));
  assert.deepEqual(thinned(few), few);
});
