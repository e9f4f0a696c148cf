import assert from "node:assert/strict";
import { test } from "node:test";
import { ChangeReports } from "../../../bpf/load/change-reports.ts";

test("a file that changes each turn is reported five times, then once a minute with a count, and others at once", () => {
  let nowMs = 0;
  const reports = new ChangeReports(() => nowMs);
  const lines: string[] = [];
  for (let turn = 0; turn < 150; turn++, nowMs += 2000) {
    reports.add("uid 1000", "attached to /x", lines);
    if (turn === 100) reports.add("uid 1001", "attached to /y", lines);
    reports.addUnreported('of "/bin/x"', lines);
  }
  const more = (count: number): string => `${count} more changes to copies of "/bin/x" (uid 1000)`;
  assert.deepEqual(lines.slice(0, 6), [...Array.from({ length: 5 }, () => "attached to /x"), more(26)]);
  assert.deepEqual(lines.slice(6), [more(30), more(30), "attached to /y", more(30)]);
});

test("an owner who has been quiet for a minute is reported at once again", () => {
  let nowMs = 0;
  const reports = new ChangeReports(() => nowMs);
  const lines: string[] = [];
  for (let change = 0; change < 7; change++) reports.add("own", "a", lines);
  for (; nowMs <= 120_000; nowMs += 60_000) reports.addUnreported("of x", lines);
  reports.add("own", "b", lines);
  assert.deepEqual(lines.slice(5), ["2 more changes to copies of x (own)", "b"]);
});
