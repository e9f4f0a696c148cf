import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import { randomNumbers } from "./random-numbers.ts";
import { row, sampleAt, stateOf, type TestRule } from "./rule-for-tests.ts";

interface Moment {
  readonly counted: number | undefined;
  readonly degraded: boolean;
  readonly events: readonly AlertEvent[];
  readonly firing: boolean;
}

/**
 * A random rule through a random time, both held by `seed`; counts stay long enough for `for` to
 * pass at times.
 */
function play(seed: number): {
  readonly rule: Required<Pick<TestRule, "for" | "noData">>;
  readonly moments: readonly Moment[];
} {
  const random = randomNumbers(seed);
  const rule = {
    threshold: {
      info: "value > 10",
      warning: "value > 20",
      critical: "value > 30",
      clear: "value < 8",
      when: "value > 2",
    },
    for: random(4),
    keepFiring: random(3),
    noData: (["keep", "ok", "alert"] as const)[random(3)] ?? "keep",
  };
  const state = stateOf(rule);
  let counted: number | undefined = 0;
  const moments = Array.from({ length: 300 }, (_, at): Moment => {
    if (random(3) === 0) counted = random(8) === 0 ? undefined : random(40);
    const degraded = random(12) === 0;
    const rows = counted === undefined ? [] : [row([counted])];
    const events = evaluateRule(state, sampleAt(at + 1, rows), {
      unixMs: at,
      tickMs: 1000,
      ...(degraded && { degraded: "detached" }),
    });
    const firing = alertViews(state)[0]?.state === "firing";
    return { counted, degraded, events: events.filter((event) => event.rule === "test"), firing };
  });
  return { rule, moments };
}

const LEAST = { info: 10, warning: 20, critical: 30 } as const;

for (let seed = 1; seed <= 60; seed++) {
  test(`alerts keep their promises, seed ${seed}`, () => {
    const { rule, moments } = play(seed);
    let open: AlertEvent | undefined;
    moments.forEach(({ counted = 0, degraded, events, firing }, at) => {
      assert.ok(events.length <= 1, "one event a tick at most");
      const [event] = events;
      if (degraded) assert.deepEqual(event, undefined, "degraded changes nothing");
      if (event?.status === "resolved") {
        assert.ok(open !== undefined, "what is resolved fired before");
        assert.equal(event.startsAtUnixMs, open.startsAtUnixMs);
        assert.ok(
          counted < 8 && (counted > 2 || rule.noData === "ok"),
          "resolved by clear, or by no data where allowed",
        );
        open = undefined;
      } else if (event !== undefined) {
        const from = LEAST[event.level];
        const risen = open === undefined || LEAST[open.level] < from;
        const span = moments.slice(Math.max(0, at - rule.for), at + 1);
        const held =
          span.length === rule.for + 1 && span.every((moment) => (moment.counted ?? 0) > from && !moment.degraded);
        if (risen) assert.ok(held, "a level is reached after its whole for");
        open = event;
      }
      assert.equal(firing, open !== undefined, "each firing is open until it is resolved");
    });
  });
}

test("the revision of a rule's alerts changes if there is something to save", () => {
  const state = stateOf({ by: ["comm"], threshold: "value > 10", window: 2 });
  const revisions = [5, 11, 12, 0, 0, 0, 0].map((count, index) => {
    const rows = count === 0 ? [] : [{ labels: { comm: "a" }, values: [[count]] }];
    evaluateRule(state, sampleAt(index + 1, rows), { unixMs: 0, tickMs: 1000 });
    return state.alertsRevision;
  });
  const [quiet = 0, fired = 0, firesOn, alsoFires, ended = 0] = revisions;
  assert.deepEqual([fired > quiet, firesOn, alsoFires, ended > fired], [true, fired, fired, true]);
});
