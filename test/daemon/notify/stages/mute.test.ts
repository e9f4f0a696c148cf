import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mutedBy, muteStage, muteText } from "../../../../daemon/notify/stages/mute.ts";
import type { PipelineMoment, StageAlert } from "../../../../daemon/notify/stages/subjects.ts";
import { alert } from "../fixtures.ts";
import { START_UNIX_MS } from "../pipeline-fixture.ts";
import { readRules } from "../../../../daemon/rules/read-rules.ts";
import type { MuteWindow } from "../../../../daemon/settings/mute-window.ts";
import { DEFAULTS } from "../../../diagnostics/check-file.ts";

describe("a mute window", () => {
  const weekend = windows("{days: [sat, sun]}");
  const nights = windows("{days: [sat, sun], hours: 22:00-06:00, zone: Europe/Berlin}");

  test("is for whole days in UTC by default", () => {
    assert.deepEqual(
      spans(weekend, "2026-11-26T00:00Z", "2026-12-01T00:00Z"),
      // a Saturday's first minute to a Sunday's last
      [["2026-11-28T00:00Z", "2026-11-30T00:00Z"]],
    );
  });

  test("that passes midnight belongs to the day on which it begins", () => {
    assert.deepEqual(spans(nights, "2026-11-26T00:00Z", "2026-12-01T00:00Z"), [
      ["2026-11-28T21:00Z", "2026-11-29T05:00Z"],
      ["2026-11-29T21:00Z", "2026-11-30T05:00Z"],
    ]);
  });

  test("is an hour longer when clocks go back, and an hour shorter when they go forward", () => {
    assert.deepEqual(spans(nights, "2026-10-24T12:00Z", "2026-10-25T12:00Z"), [
      ["2026-10-24T20:00Z", "2026-10-25T05:00Z"],
    ]);
    assert.deepEqual(spans(nights, "2026-03-28T12:00Z", "2026-03-29T12:00Z"), [
      ["2026-03-28T21:00Z", "2026-03-29T04:00Z"],
    ]);
  });

  test("takes an hour that comes twice twice, and one that does not come not at all", () => {
    const small = windows("{hours: 02:00-03:00, zone: Europe/Berlin}");
    assert.deepEqual(spans(small, "2026-10-24T22:00Z", "2026-10-25T12:00Z"), [
      ["2026-10-25T00:00Z", "2026-10-25T02:00Z"],
    ]);
    assert.deepEqual(spans(small, "2026-03-28T22:00Z", "2026-03-29T12:00Z"), []);
  });

  test("may be one of several, with several hours, and days that pass the end of the week", () => {
    const several = windows("[{days: sat-mon, hours: [08:00-09:00, 23:00-24:00]}, {days: wed, zone: Asia/Tokyo}]");
    assert.deepEqual(several.map(muteText), [
      "mon sat sun 08:00-09:00 UTC",
      "mon sat sun 23:00-24:00 UTC",
      "wed Asia/Tokyo",
    ]);
    assert.deepEqual(spans(several, "2026-11-22T12:00Z", "2026-11-26T00:00Z"), [
      ["2026-11-22T23:00Z", "2026-11-23T00:00Z"],
      ["2026-11-23T08:00Z", "2026-11-23T09:00Z"],
      ["2026-11-23T23:00Z", "2026-11-24T00:00Z"],
      ["2026-11-24T15:00Z", "2026-11-25T15:00Z"],
    ]);
  });

  test("takes the zone of the host for local, and a zone's name in its usual spelling", () => {
    const host = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    assert.deepEqual(
      windows("[{days: mon, zone: local}, {days: mon, zone: europe/berlin}]").map(({ zone }) => zone),
      [host, "Europe/Berlin"],
    );
  });
});

function windows(mute: string): readonly MuteWindow[] {
  const text = `rule: a\nprobe: interval:1s\naggregate: count()\nthreshold: value > 1\nmute: ${mute}\n`;
  const { rules, diagnostics } = readRules({ path: "a.yaml", text }, DEFAULTS);
  assert.deepEqual(diagnostics, []);
  return rules[0]?.mute ?? [];
}

/** From when to when it is muted, found by asking each minute. */
function spans(mute: readonly MuteWindow[], from: string, to: string): readonly (readonly string[])[] {
  const found: string[][] = [];
  let wasMuted = false;
  for (let atMs = Date.parse(from); atMs < Date.parse(to); atMs += 60_000) {
    const isMuted = mutedBy(mute, atMs) !== undefined;
    if (isMuted && !wasMuted) found.push([minuteText(atMs)]);
    if (!isMuted && wasMuted) found.at(-1)?.push(minuteText(atMs));
    wasMuted = isMuted;
  }
  return found;
}

function minuteText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16)}Z`;
}

const seen: StageAlert = { rule: "nightly", event: alert, labels: { alertname: "nightly", team: "db" } };
const hour = 3_600_000;
const at = (unixMs: number): PipelineMoment => ({ ms: 0, unixMs });

test("a rule's mute windows suppress its alerts only", () => {
  const hours = { startMinute: 8 * 60, endMinute: 9 * 60 };
  const { judge } = muteStage((rule) => (rule === "nightly" ? [{ days: ["thu"], hours, zone: "UTC" }] : []));
  assert.deepEqual(judge(seen, at(START_UNIX_MS)), {
    outcome: "held",
    reason: "the rule is muted thu 08:00-09:00 UTC",
  });
  assert.equal(judge(seen, at(START_UNIX_MS + hour)).outcome, "passed");
  assert.equal(judge({ ...seen, rule: "other" }, at(START_UNIX_MS)).outcome, "passed");
});
