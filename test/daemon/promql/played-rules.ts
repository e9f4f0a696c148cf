import { alertViews } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { ruleGroup, type RuleGroup } from "../../../daemon/promql/rule-group.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { randomNumbers } from "../evaluate/random-numbers.ts";
import { formulasOf, ruleSyntax, spelled, type TestRule } from "../evaluate/rule-for-tests.ts";
import { exposed, Measured } from "../metrics/expose.ts";

/** A rule with what it counts in each second. */
export interface Played {
  readonly rule: TestRule;
  readonly rowsAt: (second: number) => readonly SampleRow[];
}

export const SECONDS = 180;
const KEYS = ["a", "b", "c"];

/** Numbers that stay for some seconds, up to `limit`, for each key. */
function wandering(
  seed: number,
  limit: number,
  keys: readonly string[] = [""],
): (key: string, second: number) => number {
  const random = randomNumbers(seed);
  const all = new Map(
    keys.map((key): [string, readonly number[]] => {
      let value = random(limit);
      return [key, Array.from({ length: SECONDS + 1 }, () => (value = random(6) === 0 ? random(limit) : value))];
    }),
  );
  return (key, second) => all.get(key)?.[second] ?? 0;
}

function counted(seed: number, limit: number, aggregates = 1): Played["rowsAt"] {
  const values = Array.from({ length: aggregates }, (_, index) => wandering(seed + index, limit));
  return (second) => [{ labels: {}, values: values.map((at) => [at("", second)]) }];
}

function countedByKey(seed: number, limit: number): Played["rowsAt"] {
  const value = wandering(seed, limit, KEYS);
  // Keys come one after the other, and one goes.
  return (second) =>
    KEYS.flatMap((key, index) => {
      const isThere = second > 20 * index && (key !== "b" || second < 120);
      return isThere && value(key, second) > 0 ? [{ labels: { key }, values: [[value(key, second)]] }] : [];
    });
}

/** Rules of each kind that PromQL can say, by name. */
export const PLAYED: Readonly<Record<string, Played>> = {
  plain: { rule: { window: 5, threshold: "value > 60", for: 3 }, rowsAt: counted(1, 25) },
  levels: {
    rule: {
      by: ["key"],
      window: 4,
      threshold: { info: "value > 45", warning: "rate(value) > 13", critical: "value >= 60" },
    },
    rowsAt: countedByKey(2, 25),
  },
  keeps: { rule: { by: ["key"], window: 2, threshold: "value > 30", keepFiring: 6 }, rowsAt: countedByKey(3, 25) },
  ratio: {
    rule: {
      ...{
        aggregates: { hits: "count", all: "count" },
        window: 3,
        let: { ratio: "hits > 2 * all ? 0 : hits / all" },
        noData: "ok",
      },
      threshold: { warning: "ratio > 120%", when: "all > 10" },
    },
    rowsAt: counted(4, 20, 2),
  },
  clears: { rule: { window: 2, threshold: { warning: "value > 40", clear: "value < 12" } }, rowsAt: counted(6, 30) },
  doubled: { rule: { window: 5, threshold: "value > 10 and value > 2 * previous(value)" }, rowsAt: counted(7, 30) },
  grown: { rule: { window: 5, threshold: "delta(value) > 40" }, rowsAt: counted(8, 30) },
  baseline: {
    rule: { window: 3, threshold: "value > mean(value, 30s) + stddev(value, 30s)" },
    rowsAt: counted(9, 30),
  },
  share: {
    rule: { by: ["key"], window: 3, threshold: "value > 70% * total(value) and keys(value) > 1" },
    rowsAt: countedByKey(10, 25),
  },
  greatest: {
    rule: {
      aggregates: { value: "max" },
      window: 3,
      threshold: "value in [10..20, 33] or not (value < 38)",
      noData: "ok",
    },
    rowsAt: (second) => [{ labels: {}, values: [[wandering(11, 40)("", second), 1]] }],
  },
  slow: {
    rule: {
      aggregates: { value: ["histogram", "duration"] },
      window: 5,
      threshold: "p90(value) > 100ms and count(value) > 5",
    },
    // Bucket 200 is 88 to 96 ms, and 220 is 0.5 s: the quantile is never near the limit.
    rowsAt: (second) => {
      const [fast, slow] = [wandering(12, 30)("", second), wandering(13, 6)("", second)];
      return [{ labels: {}, values: [[180, fast, 220, second > 60 ? slow : 0]] }];
    },
  },
};

export interface Trace {
  /** firing alerts in each second: `NAME SEVERITY KEY` */
  readonly firing: readonly (readonly string[])[];
  /** the values of each time series in each second; undefined if it was absent */
  readonly series: ReadonlyMap<string, (string | undefined)[]>;
  readonly groups: readonly RuleGroup[];
}

/** Plays all rules, and takes down what they fire, and what is scraped. */
export async function played(): Promise<Trace> {
  const rules = Object.entries(PLAYED).map(([name, { rule }]) => {
    const measured = new Measured(name, rule, 10_000);
    Object.assign(measured.state.policy, { flap: { fires: Infinity, withinMs: 0 } });
    return measured;
  });
  const firing: (readonly string[])[] = [];
  const series = new Map<string, (string | undefined)[]>();
  for (let second = 1; second <= SECONDS; second++) {
    for (const rule of rules) rule.tick(PLAYED[rule.name]?.rowsAt(second) ?? []);
    firing.push(rules.flatMap(firingOf));
    for (const line of (await exposed(rules)).split("\n")) takeDown(series, line, second);
  }
  return { firing, series, groups: Object.keys(PLAYED).map(groupOf) };
}

const BELOW = { critical: ["critical", "warning", "info"], warning: ["warning", "info"], info: ["info"] } as const;

/** Returns what fires of a rule. There, an alert of a higher level also fires at the lower ones. */
function firingOf(rule: Measured): readonly string[] {
  const { levels } = rule.state.policy;
  return alertViews(rule.state).flatMap(({ level, labels }) =>
    level === undefined
      ? []
      : BELOW[level]
          .filter((each) => levels.includes(each))
          .map((each) => `${rule.name} ${each} ${labels["key"] ?? ""}`.trim()),
  );
}

function takeDown(series: Map<string, (string | undefined)[]>, line: string, second: number): void {
  const isRead = /^bpfwarden_(?!rule|alert|mess|tick|log)|^process_start/.test(line);
  const at = line.lastIndexOf(" ");
  if (!isRead || at < 0) return;
  const values = series.get(line.slice(0, at)) ?? new Array<string | undefined>(SECONDS).fill(undefined);
  values[second - 1] = line.slice(at + 1);
  series.set(line.slice(0, at), values);
}

export function groupOf(name: string): RuleGroup {
  const rule = PLAYED[name]?.rule ?? {};
  const syntax = { ...ruleSyntax(rule), name: spelled(name) };
  if (syntax.threshold === undefined) throw new Error("expected a threshold");
  const { group, diagnostics } = ruleGroup({ ...syntax, threshold: syntax.threshold }, formulasOf(rule));
  if (group === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return group;
}
