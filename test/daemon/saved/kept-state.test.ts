import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fates, inAlerts, inCounts, OF_TICK, partOf } from "../../../daemon/evaluate/saved/fates.ts";
import {
  each,
  fields,
  maybe,
  same,
  since,
  sinceUnforgotten,
  time,
  unnoticed,
} from "../../../daemon/evaluate/saved/kept.ts";
import { alertsEssence } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import { number, text } from "../../../daemon/evaluate/saved/shape.ts";
import { newAlert } from "../../../daemon/evaluate/alerts/alert-record.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { stateOf } from "../evaluate/rule-for-tests.ts";

interface Light {
  readonly color: string;
  onSinceMs: number;
  glow: number;
}

const LIGHT = { color: inCounts(same(text)), onSinceMs: inAlerts(time), glow: OF_TICK } satisfies Fates<Light>;

test("a table without a field, or with one that is gone, does not compile", () => {
  const { glow, ...rest } = LIGHT;
  // @ts-expect-error the field "glow" is missing
  const missing: Fates<Light> = rest;
  // @ts-expect-error the field "heat" is not in the state
  const more: Fates<Light> = { ...LIGHT, heat: OF_TICK };
  // @ts-expect-error a color is not a time
  const other: Fates<Light> = { ...LIGHT, color: inCounts(time) };
  assert.ok([glow, missing, more, other].every((each) => each !== undefined));
});

test("a document has the fields that its table names, by the clock of now", () => {
  const [alerts, counts] = [partOf<Light>()(LIGHT, "alerts"), partOf<Light>()(LIGHT, "counts")];
  const red: Light = { color: "red", onSinceMs: 5, glow: 7 };
  const saved = alerts.save(red);
  assert.deepEqual([saved, counts.save(red)], [{ onSinceMs: 5 }, { color: "red" }]);
  const light = { color: "blue", onSinceMs: 0, glow: 1 };
  alerts.restore(light, saved, { shiftMs: 10, breakMs: 0 });
  assert.deepEqual(light, { color: "blue", onSinceMs: 15, glow: 1 });
});

test("times move with the clock, and a break does not count towards what holds", () => {
  const lamp = fields<{ at: number; since: number; pending?: number; list?: readonly number[]; why: string }>({
    ...{ at: time, since, pending: sinceUnforgotten, list: maybe(each(time)), why: unnoticed(text) },
  });
  const saved = { at: 1, since: 2, pending: 3, list: [4], why: "a" };
  const short = lamp.revive(saved, { shiftMs: 100, breakMs: 10 });
  assert.deepEqual(short, { at: 101, since: 112, pending: 113, list: [104], why: "a" });
  const long = lamp.revive({ at: 1, since: 2, pending: 3, why: "a" }, { shiftMs: 0, breakMs: 3_600_001 });
  assert.deepEqual(long, { at: 1, since: 3_600_003, why: "a" });
  assert.deepEqual(lamp.essence?.(saved), lamp.essence?.({ ...saved, why: "b" }));
  assert.notDeepEqual(lamp.essence?.(saved), lamp.essence?.({ ...saved, list: [5] }));
  assert.equal(maybe(same(number)).essence?.(undefined), undefined);
});

test("each change of what is saved with alerts is a change, but for reasons", () => {
  const state = (): RuleState => stateOf({ aggregates: { calls: "count" }, threshold: { warning: "calls > 2" } });
  const before = alertsEssence(state());
  const changes: Readonly<Record<string, (changed: RuleState) => unknown>> = {
    untrusted: (changed) => (changed.untrustedAtMs = 5),
    lostKeys: (changed) => (changed.lostKeysAtMs = 5),
    reported: (changed) => (changed.reportedAtMs = 5),
    revision: (changed) => changed.alertsRevision++,
    held: (changed) => (changed.notices.noData = { ...newAlert(1), heldSinceMs: [5] }),
    fires: (changed) => (changed.notices.degraded = { ...newAlert(1), firing: { level: 0, startsAtUnixMs: 5 } }),
    missing: (changed) => (changed.notices.noData = { ...newAlert(1), missingSinceMs: 5 }),
  };
  for (const [name, change] of Object.entries(changes)) {
    const changed = state();
    change(changed);
    assert.notEqual(alertsEssence(changed), before, name);
  }
  const reasoned = state();
  reasoned.notices.degraded = { ...newAlert(1), reason: "other words" };
  reasoned.tickMs = 1000;
  assert.equal(alertsEssence(reasoned), before);
});
