import assert from "node:assert/strict";
import { test } from "node:test";
import { alertViews, closeRule, refreshEvent } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { restoreAlerts, saveAlerts } from "../../../daemon/evaluate/saved/saved-alerts.ts";
import { restoreWindows, saveWindows } from "../../../daemon/evaluate/saved/saved-windows.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { row, sampleAt, stateOf } from "./rule-for-tests.ts";

function of(comm: string, ...values: SampleRow["values"]): SampleRow {
  return { labels: { comm }, values };
}

function tick(state: RuleState, at: number, rows: readonly SampleRow[]): ReturnType<typeof evaluateRule> {
  return evaluateRule(state, sampleAt(at, rows), { unixMs: 5000 + 1000 * at, tickMs: 1000 });
}

test("an event has everything that a notification needs", () => {
  const seen: unknown[] = [];
  const rule = {
    by: ["comm"],
    aggregates: { hits: "count", slow: ["max", "duration"] },
    threshold: "hits > 2",
  } as const;
  const state = stateOf({ ...rule, window: 60, for: 1, summary: "TEMPLATE" }, (template, context) => {
    seen.push(context);
    return `rendered ${template}`;
  });
  assert.deepEqual(tick(state, 1, [of("bash", [2], [3e6, 1])]), []);
  assert.deepEqual(tick(state, 2, [of("bash", [1], undefined)]), []);
  assert.deepEqual(tick(state, 3, []), [
    {
      rule: "test",
      labels: { team: "tests", comm: "bash" },
      status: "firing",
      level: "warning",
      reason: "hits 3 > 2 for 1s",
      startsAtUnixMs: 8000,
      pendingSinceUnixMs: 7000,
      confidence: {
        lostEvents: 0,
        keysOverLimit: 0,
        faultedReads: 0,
        orphanedSpans: 0,
        skippedRuns: null,
        lateTicks: 0,
        windowFilled: 0.05,
      },
      values: { hits: 3, slow: 3e6 },
      units: { slow: "nanoseconds" },
      key: { comm: "bash" },
      judged: {
        ...{ name: "hits", unit: "number", value: 3, atUnixMs: 8000, worst: "highest", operator: ">", limit: 2 },
        peak: { value: 3, atUnixMs: 8000 },
      },
      summary: "rendered TEMPLATE",
      windowMs: 60_000,
      lastValues: [2, 3, 3],
      lastValuesFromUnixMs: 6000,
      topKeys: [{ labels: { comm: "bash" }, value: 3 }],
    },
  ]);
  const labels = { team: "tests", comm: "bash" };
  assert.deepEqual(seen, [
    { hits: 3, slow: "3ms", labels, window: "1m", rule: "test", level: "warning", severity: "warning" },
  ]);
});

test("a resolved alert keeps its start and has its end", () => {
  const state = stateOf({ threshold: "value > 2" });
  tick(state, 1, [row([3])]);
  const [resolved] = tick(state, 2, [row([0])]);
  assert.equal(resolved?.status, "resolved");
  assert.equal(resolved.startsAtUnixMs, 6000);
  assert.equal(resolved.endsAtUnixMs, 7000);
  assert.equal(resolved.summary, "test: resolved: value 0 > 2 no longer holds");
});

test("a summary without a template names the key", () => {
  const state = stateOf({ threshold: "value > 2", by: ["comm", "path"] });
  const rows = (count: number): SampleRow[] => [{ labels: { comm: "a", path: 'b"\\' }, values: [[count]] }];
  const summaries = [3, 0].flatMap((count, index) => tick(state, index + 1, rows(count)).map(({ summary }) => summary));
  assert.deepEqual(summaries, [
    'test: value 3 > 2 {comm="a", path="b\\"\\\\"}',
    'test: resolved: value 0 > 2 no longer holds {comm="a", path="b\\"\\\\"}',
  ]);
});

test("an alert has the current value, and the worst one since it began to fire", () => {
  const state = stateOf({ threshold: "value > 2", summary: "S" }, (_, { value }) => `now ${String(value)}`);
  const [fired] = tick(state, 1, [row([5])]);
  assert.ok(fired);
  tick(state, 2, [row([9])]);
  tick(state, 3, [row([4])]);
  const now = refreshEvent(state, fired);
  assert.partialDeepStrictEqual(now, {
    ...{ status: "firing", startsAtUnixMs: fired.startsAtUnixMs, reason: "value 4 > 2", summary: "now 4" },
    ...{ values: { value: 4 }, lastValues: [5, 9, 4], lastValuesFromUnixMs: 6000 },
    judged: { value: 4, atUnixMs: 8000, peak: { value: 9, atUnixMs: 7000 } },
  });
  const [ended] = tick(state, 4, [row([1])]);
  assert.partialDeepStrictEqual(ended?.judged, { value: 1, peak: { value: 9, atUnixMs: 7000 } });
  const [again] = tick(state, 5, [row([3])]);
  assert.partialDeepStrictEqual(again?.judged, { value: 3, peak: { value: 3, atUnixMs: 10_000 } });
});

test("a peak survives a restart", () => {
  const before = stateOf({ threshold: "value > 2", by: ["comm"], window: 10 });
  const of = (count: number): SampleRow[] => [{ labels: { comm: "a" }, values: [[count]] }];
  const [fired] = tick(before, 1, of(5));
  tick(before, 2, of(4));
  tick(before, 11, []);
  const at = { unixMs: 0, bootMs: 11_000, bootId: "b" };
  const after = stateOf({ threshold: "value > 2", by: ["comm"], window: 10 });
  restoreAlerts(after, saveAlerts(before, at), at);
  restoreWindows(after, saveWindows(before, at), at);
  tick(after, 12, of(3));
  assert.ok(fired);
  assert.partialDeepStrictEqual(refreshEvent(after, fired).judged, { value: 3, peak: { value: 9, atUnixMs: 7000 } });
});

test("signals are joined by key, and rows with the same labels are one", () => {
  const state = stateOf({
    by: ["comm"],
    aggregates: { read: "sum", missed: "sum" },
    let: { left: "read - missed" },
    threshold: "left > 100",
  });
  tick(state, 1, [of("a", [10], undefined), of("b", [0], [5]), of("a", undefined, [4]), of("a", [1], undefined)]);
  assert.deepEqual(
    alertViews(state).map(({ labels, values }) => [labels["comm"], values]),
    [
      ["a", { read: 11, missed: 4, left: 7 }],
      ["b", { read: 0, missed: 5, left: -5 }],
    ],
  );
});

test("a key is dropped when its window is empty and it has not fired recently", () => {
  const state = stateOf({ by: ["comm"], window: 2, threshold: "value > 5", keepFiring: 3 });
  const names = [[of("a", [1]), of("b", [9])], [], [], [], [], []].map((rows, at) => {
    tick(state, at + 1, rows);
    return alertViews(state).map((view) => `${view.labels["comm"]} ${view.state}`);
  });
  assert.deepEqual(names, [
    ["a ok", "b firing"],
    ["a ok", "b firing"],
    ["b firing"],
    ["b firing"],
    ["b firing"],
    ["b ok"],
  ]);
  tick(state, 2000, []);
  assert.deepEqual(alertViews(state), []);
});

test("a rule without by has its key before any event, and without a threshold it is a metric", () => {
  const state = stateOf({});
  assert.deepEqual(tick(state, 1, []), []);
  assert.deepEqual(
    alertViews(state).map(({ state: shown, values }) => [shown, values]),
    [["ok", { value: 0 }]],
  );
});

test("the key other is in totals, but is not counted as a key", () => {
  const state = stateOf({ by: ["comm"], let: { all: "total(value)", count: "keys(value)" } });
  tick(state, 1, [of("a", [1]), of("b", [2]), { labels: { other: "true" }, values: [[7]] }]);
  assert.deepEqual(alertViews(state)[0]?.values, { value: 1, all: 10, count: 2 });
});

test("keys counts keys whose sum is 0", () => {
  const only = stateOf({ by: ["comm"], window: 2, aggregates: { s: "sum" }, let: { count: "keys(s)" } });
  tick(only, 1, [of("zeros", [0]), of("both", [5])]);
  tick(only, 2, [of("both", [-5])]);
  assert.equal(alertViews(only)[0]?.values["count"], 2);
  tick(only, 3, []);
  assert.equal(alertViews(only)[0]?.values["count"], 1);
});

test("keys of one of several signals counts those with a tick in which its sum was not 0", () => {
  const rule = { by: ["comm"], window: 2, aggregates: { s: "sum", n: "count" }, let: { count: "keys(s)" } } as const;
  const state = stateOf(rule);
  tick(state, 1, [of("both", [5], [0]), of("other signal", [0], [1])]);
  tick(state, 2, [of("both", [-5], [0])]);
  assert.equal(alertViews(state)[0]?.values["count"], 1);
});

test("a rate is over the whole window, also after a start", () => {
  const state = stateOf({ window: 60, let: { r: "rate(value)" } });
  tick(state, 1, [row([4])]);
  tick(state, 2, [row([8])]);
  assert.equal(alertViews(state)[0]?.values["r"], 0.2);
});

test("previous is the window just before, 0 for a key without such a window", () => {
  const state = stateOf({ by: ["comm"], window: 2, let: { before: "previous(value)", d: "delta(value)" } });
  const seen = [1, 2, 4, 8, 16, 32].map((count, at) => {
    tick(state, at + 1, [of("a", [count]), ...(at === 4 ? [of("new", [5])] : [])]);
    return alertViews(state).map(({ values }) => [values["value"], values["before"], values["d"]]);
  });
  assert.deepEqual(seen, [
    [[1, undefined, undefined]],
    [[3, undefined, undefined]],
    // values of full windows are kept; the window of the first second is not full
    [[6, undefined, undefined]],
    [[12, 3, 9]],
    [
      [24, 6, 18],
      [5, 0, 5],
    ],
    [
      [48, 12, 36],
      [5, 0, 5],
    ],
  ]);
});

test("mean and stddev use windows that do not overlap, without the current one", () => {
  const state = stateOf({ window: 1, let: { m: "mean(value, 3s)", s: "stddev(value, 3s)" } });
  const seen = [2, 4, 6, 100, 0].map((count, at) => {
    tick(state, at + 1, [row([count])]);
    const values = alertViews(state)[0]?.values;
    return [values?.["m"], values?.["s"]].map((value) =>
      typeof value === "number" ? Number(value.toFixed(2)) : value,
    );
  });
  assert.deepEqual(seen, [
    [undefined, undefined],
    [undefined, undefined],
    [undefined, undefined],
    [4, 1.63],
    [36.67, 44.79],
  ]);
});

test("an alert that stays firing has a current reason at each tick", () => {
  const threshold = { when: "value > 0", info: "value > 5", warning: "value > 7", clear: "value < 3" };
  const state = stateOf({ threshold, window: 2, keepFiring: 2 });
  const counts = [9, undefined, undefined, 8, 0, undefined, undefined, 4, 0, undefined, 1, 0, 1];
  const seen = counts.map((count, at) => {
    tick(state, at + 1, count === undefined ? [] : [row([count])]);
    return alertViews(state)[0]?.reason;
  });
  assert.deepEqual(seen, [
    "value 9 > 7",
    "value 9 > 7",
    "still firing: no data: value 0 > 0 does not hold",
    "value 8 > 7",
    "value 8 > 7",
    "still firing: no data: value 0 > 0 does not hold",
    "still firing: no data: value 0 > 0 does not hold",
    "down from warning: value 4 > 7 no longer holds",
    "still firing: value 4 > 5 no longer holds, but clear does not hold",
    "still firing: no data: value 0 > 0 does not hold",
    "still firing: value 1 > 5 no longer holds for 0s of keep_firing 2s",
    "still firing: value 1 > 5 no longer holds for 1s of keep_firing 2s",
    "value 1 < 3",
  ]);
});

test("lost events make a rule degraded until they have left the window", () => {
  const state = stateOf({ threshold: "value > 5", window: 2 });
  const seen = [{ matched: 100, lost_scratch: 1 }, { matched: 100, lost_scratch: 2 }, {}, {}].map((health, at) => {
    const events = evaluateRule(state, sampleAt(at + 1, [row([9])], health), { unixMs: 0, tickMs: 1000 });
    return [events.map(({ rule, status }) => `${rule} ${status}`), alertViews(state)[0]?.confidence.lostEvents];
  });
  assert.deepEqual(seen, [
    [["test firing"], 1],
    [["BpfwardenRuleDegraded firing"], 3],
    [[], 2],
    [["BpfwardenRuleDegraded resolved"], 0],
  ]);
});

for (const noData of ["keep", "ok"] as const) {
  test(`nothing ends while the window holds events not counted under their key, no_data: ${noData}`, () => {
    const threshold = { info: "value > 2", warning: "value > 10", when: noData === "ok" ? "value > 1" : "value >= 0" };
    const state = stateOf({ by: ["comm"], threshold, window: 2, noData });
    const other = { labels: { other: "true" }, values: [[50]] };
    const ticks = [[of("a", [20])], [other], [other], [], [], []];
    const seen = ticks.map((rows, at) => {
      const lost_keys = rows.includes(other) ? 50 : 0;
      const events = evaluateRule(state, sampleAt(at + 1, rows, { lost_keys }), { unixMs: 0, tickMs: 1000 });
      const key = alertViews(state).find(({ labels }) => labels["comm"] === "a");
      const ofKeys = events.filter(({ rule }) => rule === "test");
      return [ofKeys.map((event) => `${event.labels["comm"] ?? "other"} ${event.status}`), key?.state, key?.reason];
    });
    const lost = "the window holds events that were not counted under their key";
    const kept =
      noData === "ok" ? `still firing: no data: value 0 > 1 does not hold; ${lost}` : `still firing: ${lost}`;
    assert.deepEqual(seen.slice(0, 4), [
      [["a firing"], "firing", "value 20 > 10"],
      [["other firing"], "firing", "value 20 > 10"],
      [[], "firing", kept],
      [[], "firing", kept],
    ]);
    assert.deepEqual(
      seen.slice(4).map(([events]) => events),
      [["a resolved", "other resolved"], []],
    );
  });
}

test("no level goes down while the window holds events not counted under their key", () => {
  const state = stateOf({ by: ["comm"], threshold: { info: "value > 2", warning: "value > 10" } });
  tick(state, 1, [of("a", [20])]);
  const events = evaluateRule(state, sampleAt(2, [of("a", [5])], { lost_keys: 1 }), { unixMs: 0, tickMs: 1000 });
  assert.deepEqual(
    events.map(({ rule, reason }) => [rule, reason]),
    [
      [
        "BpfwardenRuleDegraded",
        "1 of 1 events were not counted under their key in one tick, for there are too many keys, most of them of their user (limits.keys)",
      ],
    ],
  );
  assert.equal(tick(state, 3, [of("a", [5])])[0]?.level, "info");
});

test("the limit of keys applies to the window; known keys continue, and new ones get room after others have left", () => {
  const state = stateOf({ by: ["comm"], window: 3, keyLimit: 2, let: { m: "mean(value, 1h)", all: "total(value)" } });
  const rows = [[of("a", [1]), of("b", [2])], [of("c", [4]), of("d", [8])], [of("a", [16])], [], [of("e", [32])]];
  const seen = [...rows, [of("e", [64])]].map((counted, at) => {
    tick(state, at + 1, counted);
    const views = alertViews(state);
    const values = views.map(({ labels, values: shown }) => `${labels["comm"] ?? "other"} ${Number(shown["value"])}`);
    return [values.join(", "), views[0]?.values["all"], views[0]?.confidence.keysOverLimit];
  });
  assert.deepEqual(seen, [
    ["a 1, b 2", 3, 0],
    ["a 1, b 2, other 12", 15, 2],
    ["a 17, b 2, other 12", 31, 2],
    ["a 16, b 0, other 12", 28, 2],
    ["a 16, other 32", 48, 1],
    ["a 0, other 32, e 64", 96, 1],
  ]);
});

test("orphaned, faulted and skipped events are known as long as the window contains them", () => {
  const state = stateOf({ threshold: "value > 5", window: 2 });
  const ticks = [{ faulted: 1, orphaned: 2 }, { orphaned: 4 }, {}, {}];
  const seen = ticks.map((health, at) => {
    const skippedRuns = at === 0 ? 8 : 0;
    evaluateRule(state, sampleAt(at + 1, [row([1])], health), { unixMs: 0, tickMs: 1000, skippedRuns });
    const known = alertViews(state)[0]?.confidence;
    return [known?.faultedReads, known?.orphanedSpans, known?.skippedRuns];
  });
  assert.deepEqual(seen, [
    [1, 2, 8],
    [1, 6, 8],
    [0, 4, 0],
    [0, 0, 0],
  ]);
});

test("a tick is late by the period of the current settings", () => {
  const state = stateOf({ window: 60 });
  const late = [1000, 1000, 5000, 5000].map((tickMs, index) => {
    evaluateRule(state, sampleAt(5 * (index + 1), [], {}, index === 0 ? 1000 : 5000), { unixMs: 0, tickMs });
    return alertViews(state)[0]?.confidence.lateTicks;
  });
  assert.deepEqual(late, [0, 1, 1, 1]);
});

test("a rule that is removed ends its firing alerts", () => {
  const state = stateOf({ by: ["comm"], threshold: "value > 5" });
  tick(state, 1, [of("a", [9]), of("b", [1])]);
  const ended = closeRule(state, 9000, "the rule was removed");
  assert.deepEqual(
    ended.map(({ labels, status, reason, endsAtUnixMs }) => [labels["comm"], status, reason, endsAtUnixMs]),
    [["a", "resolved", "the rule was removed", 9000]],
  );
});

test("the mean of a new key counts its earlier windows as 0", () => {
  const state = stateOf({ by: ["comm"], window: 1, let: { m: "mean(value, 2s)" } });
  const seen = [[of("a", [6])], [of("a", [6])], [of("b", [8])], [of("b", [8])]].map((rows, at) => {
    tick(state, at + 1, rows);
    return alertViews(state).map(({ labels, values }) => [labels["comm"], values["m"]]);
  });
  assert.deepEqual(seen.slice(2), [
    [
      ["a", 6],
      ["b", 0],
    ],
    [
      ["a", 3],
      ["b", 4],
    ],
  ]);
});
