import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { fairShares, screenLines } from "../../../daemon/try/screen.ts";
import { widthOf } from "../../../daemon/text/terminal-text.ts";
import { TrialHistory } from "../../../daemon/try/trial-history.ts";
import { CONFIDENCE, ranked, RULE, view } from "./samples.ts";

const shown = (...args: Parameters<typeof screenLines>): readonly string[] =>
  screenLines(...args).map((line) => stripVTControlCharacters(line).trimEnd());

const MANY = Array.from({ length: 50 }, (_, index) => view({ comm: `program-${index}` }, { value: index }));

test("keys are sorted by value, the largest first, after firing keys, with state and reason", () => {
  const sample = ranked([
    view({ comm: "idle" }, { value: 3 }),
    view({ comm: "busy" }, { value: 900 }),
    view({ comm: "faulty" }, { value: 7 }, { state: "firing", level: "critical", reason: "value 7 > 5" }),
    view({ comm: "silent" }, { value: undefined }, { state: "no_data", reason: "no data: none" }),
  ]);
  assert.deepEqual(shown([sample], "foot", { columns: 66, rows: 20 }), [
    "calls  over 1m, 4 keys, 1 firing",
    "value  comm    state            because",
    "    7  faulty  firing critical  value 7 > 5",
    "  900  busy    ok               the threshold does not hold",
    "    3  idle    ok               the threshold does not hold",
    "    -  silent  no data          no data: none",
    "health: 0 events lost, 0 over the limit of keys",
    "foot",
  ]);
});

test("as many keys as there are rows are shown, and how many more there are", () => {
  const lines = shown([ranked(MANY)], "foot", { columns: 80, rows: 10 });
  assert.equal(lines.length, 10);
  assert.match(lines[2] ?? "", /program-49/);
  assert.equal(lines[7], "… 45 more keys");
  assert.equal(lines[9], "foot");
});

test("no line is wider than the terminal, for any texts and size", () => {
  const long = view(
    { comm: "日本語の名前".repeat(9) },
    { value: 12345 },
    { state: "firing", level: "warning", reason: "e\u0301".repeat(300) },
  );
  for (let columns = 1; columns < 130; columns++) {
    for (const rows of [1, 2, 3, 5, 24]) {
      const lines = shown([ranked([long, ...MANY]), ranked(MANY)], "a foot that is long enough", { columns, rows });
      assert.ok(lines.length <= rows, `${lines.length} lines of ${rows}`);
      for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
    }
  }
});

test("control characters of labels and reasons are made visible", () => {
  const sample = ranked([view({ comm: "a\u001b[31m\n\u202e" }, { value: 1 }, { reason: "\u0007" })]);
  const text = screenLines([sample], "foot", { columns: 90, rows: 9 }).map(stripVTControlCharacters).join("\n");
  assert.match(text, /a\\x1b\[31m\\x0a\\u\{202e\}/);
  assert.match(text, /\\x07/);
});

test("a sparkline of the last ticks is shown if there is room", () => {
  const history = new TrialHistory(RULE);
  const take = (value: number): ReturnType<TrialHistory["take"]> =>
    history.take({ rule: RULE, views: [view({ comm: "a" }, { value })], confidence: CONFIDENCE, records: 0 });
  [0, 4, 7].forEach(take);
  const sample = take(2);
  assert.match(shown([sample], "", { columns: 80, rows: 9 })[2] ?? "", /a {5}▁▅█▃ /);
  assert.doesNotMatch(shown([sample], "", { columns: 50, rows: 9 }).join(), /▁/);
});

test("a key counts as changed if a shown value of it changed", () => {
  const history = new TrialHistory(RULE);
  const changed = (value: number): readonly boolean[] =>
    history
      .take({ rule: RULE, views: [view({ comm: "a" }, { value })], confidence: CONFIDENCE, records: 0 })
      .rows.map(({ isChanged }) => isChanged);
  assert.deepEqual([1, 1, 2].map(changed), [[true], [false], [true]]);
});

test("a histogram has its bars below the keys", () => {
  const rule = { ...RULE, values: [{ name: "value", unit: "duration", from: "distribution", index: 0 } as const] };
  const quantiles = { mean: 3, p50: 3, p90: 3, p95: 3, p99: 3, p999: 3 };
  const value = { count: 2, ...quantiles, buckets: [{ from: 2, to: 3, count: 2 }] };
  const lines = shown([ranked([view({ comm: "a" }, { value })], { rule })], "foot", { columns: 50, rows: 24 });
  assert.match(lines[1] ?? "", /^p99 {2}p50 {2}count {2}comm/);
  assert.equal(lines[3], "value of a:");
  assert.match(lines[4] ?? "", /^\[2ns, 4ns\) 2 \|@{35}\|$/);
});

test("health is shown once if all rules have the same, and a degraded rule has a reason", () => {
  const lost = ranked([], { confidence: { ...CONFIDENCE, lostEvents: 3, keysOverLimit: 1, faultedReads: 2 } });
  const degraded = ranked([], { degraded: "the probe is gone" });
  const lines = shown([lost, degraded], "foot", { columns: 90, rows: 24 });
  assert.deepEqual(lines.slice(1), [
    "calls  over 1m, 0 keys, degraded: the probe is gone",
    "health of calls: 3 events lost, 1 over the limit of keys, 2 reads faulted",
    "health of calls: 0 events lost, 0 over the limit of keys",
    "foot",
  ]);
});

test("room is shared fairly: unused room of one rule goes to the others", () => {
  assert.deepEqual(fairShares([2, 50, 50], 22), [2, 10, 10]);
  assert.deepEqual(fairShares([50, 3], 10), [7, 3]);
  assert.deepEqual(fairShares([1, 1], 10), [1, 1]);
});
