import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Matcher } from "../../../../daemon/matchers/matcher.ts";
import {
  expireSilence,
  type Silence,
  silenceFault,
  silencesOf,
  silenceStage,
  silenceState,
  withoutOldSilences,
} from "../../../../daemon/notify/stages/silences.ts";
import type { PipelineMoment, StageAlert } from "../../../../daemon/notify/stages/subjects.ts";
import { alert } from "../fixtures.ts";
import { matchersOf, START_UNIX_MS } from "../pipeline-fixture.ts";

const matcher: Matcher = { name: "alertname", operator: "=", value: "slow-fsync" };
const silence: Silence = {
  id: "s",
  matchers: [matcher],
  startsAtUnixMs: 1000,
  endsAtUnixMs: 2000,
  author: "a",
  comment: "",
};

describe("a silence", () => {
  test("is pending before its start, active from then on, expired from its end on", () => {
    assert.deepEqual(
      [999, 1000, 1999, 2000].map((atMs) => silenceState(silence, atMs)),
      ["pending", "active", "active", "expired"],
    );
  });

  test("suppresses alerts that all its matchers match, while it is active", () => {
    const both = { ...silence, matchers: [matcher, { name: "comm", operator: "=~", value: "post.*" } as const] };
    const held = (labels: Readonly<Record<string, string>>, atMs: number): boolean =>
      silencesOf([both], labels, atMs).length > 0;
    const labels = { alertname: "slow-fsync", comm: "postgres" };
    assert.deepEqual(
      [held(labels, 1500), held(labels, 500), held({ ...labels, comm: "compost" }, 1500), held({ comm: "post" }, 1500)],
      [true, false, false, false],
    );
  });

  test("ends when it is expired, even before it began", () => {
    assert.deepEqual(expireSilence(silence, 1500), { ...silence, endsAtUnixMs: 1500 });
    assert.deepEqual(expireSilence(silence, 500), { ...silence, startsAtUnixMs: 500, endsAtUnixMs: 500 });
    assert.equal(silenceState(expireSilence(silence, 500), 500), "expired");
    assert.equal(expireSilence(silence, 2500), silence);
  });

  test("is forgotten five days after its end", () => {
    const dayMs = 86_400_000;
    assert.deepEqual(withoutOldSilences([silence], 2000 + 5 * dayMs - 1), [silence]);
    assert.deepEqual(withoutOldSilences([silence], 2000 + 5 * dayMs), []);
  });

  test("is refused if it would silence everything or nothing", () => {
    const everything = { name: "comm", operator: "=~", value: ".*" } as const;
    const fault = (change: Partial<Silence>, atMs = 0): string | undefined =>
      silenceFault({ ...silence, ...change }, atMs);
    assert.equal(fault({}), undefined);
    assert.match(fault({ matchers: [] }) ?? "", /found none/);
    assert.match(fault({ matchers: [everything] }) ?? "", /empty label/);
    assert.equal(fault({ matchers: [everything, matcher] }), undefined);
    assert.match(fault({ endsAtUnixMs: 1000 }) ?? "", /after the start/);
    assert.match(fault({}, 2000) ?? "", /in the future/);
    for (const days of [100_000_000, 1e300, Infinity, NaN])
      assert.match(fault({ endsAtUnixMs: 1000 + days * 86_400_000 }) ?? "", /before the year 10000/);
    assert.equal(fault({ endsAtUnixMs: 1000 + 3650 * 86_400_000 }), undefined);
  });
});

const seen: StageAlert = { rule: "nightly", event: alert, labels: { alertname: "nightly", team: "db" } };
const hour = 3_600_000;
const at = (unixMs: number): PipelineMoment => ({ ms: 0, unixMs });

test("a silence suppresses matching alerts until it ends, and names its author", () => {
  const active = {
    id: "1",
    matchers: matchersOf('team="db"'),
    startsAtUnixMs: START_UNIX_MS,
    endsAtUnixMs: START_UNIX_MS + hour,
    author: "ops",
    comment: "maintenance",
  };
  const { judge } = silenceStage(() => [active]);
  assert.deepEqual(judge(seen, at(START_UNIX_MS)), {
    outcome: "held",
    reason: "silenced until 2026-11-26T09:00:00.000Z by ops: maintenance",
  });
  assert.equal(judge(seen, at(START_UNIX_MS + hour)).outcome, "passed");
  assert.equal(judge({ ...seen, labels: { team: "web" } }, at(START_UNIX_MS)).outcome, "passed");
});
