import assert from "node:assert/strict";
import { test } from "node:test";
import { Owners } from "../../../bpf/foreign/owners.ts";

test("an owner whose files took too long waits, and other owners are read meanwhile", () => {
  let nowMs = 0;
  const owners = new Owners(() => nowMs);
  assert.equal(owners.refusal("slow"), undefined);
  owners.spent("slow", 5000);
  assert.match(owners.refusal("slow") ?? "", /too long recently/);
  assert.equal(owners.refusal("other"), undefined);
  nowMs = 11_000;
  assert.match(owners.refusal("slow") ?? "", /too long recently/);
  nowMs = 13_000;
  assert.equal(owners.refusal("slow"), undefined);
});

test("short reads can take a sixth of the time, and not more at once after a pause", () => {
  let nowMs = 0;
  const owners = new Owners(() => nowMs);
  let spentMs = 0;
  for (; nowMs < 600_000; nowMs += 100) {
    if (owners.refusal("busy") !== undefined) continue;
    owners.spent("busy", 50);
    spentMs += 50;
  }
  assert.ok(spentMs >= 100_000 && spentMs <= 104_000, String(spentMs));
  nowMs += 3_600_000;
  assert.equal(owners.refusal("busy"), undefined);
  owners.spent("busy", 3000);
  assert.match(owners.refusal("busy") ?? "", /too long recently/);
});

test("an owner in whose files a process hangs is not read until that process has ended", () => {
  let nowMs = 0;
  const owners = new Owners(() => nowMs);
  owners.blame("hostile");
  owners.hangs("hostile", true);
  nowMs = 24 * 3_600_000;
  assert.match(owners.refusal("hostile") ?? "", /hangs in a file system/);
  for (let other = 0; other < 10_000; other++) owners.spent(`other ${other}`, 1);
  assert.match(owners.refusal("hostile") ?? "", /hangs in a file system/);
  owners.hangs("hostile", false);
  assert.equal(owners.refusal("hostile"), undefined);
});
