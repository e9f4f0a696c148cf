import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { PLAYED, played, SECONDS, type Trace } from "./played-rules.ts";

/**
 * The same events, judged by us, and by Prometheus from what it scrapes each second with the rules
 * that we export. `promtool test rules` says in which seconds it has other alerts than we.
 */
/** The earlier windows of a mean begin at other moments there: we take those since the rule began. */
const LOOSE: Readonly<Record<string, number>> = { baseline: 0.05 };
const SCRAPED = { job: "bpfwarden", instance: "h1" };

function testFile({ series, firing }: Trace): object {
  return {
    ...{ rule_files: ["rules.yml"], evaluation_interval: "1s" },
    tests: [
      {
        interval: "1s",
        input_series: [...series].map(([name, values]) => ({
          series: scraped(name),
          values: ["_", ...values.map((value, at) => value ?? (values[at - 1] === undefined ? "_" : "stale"))].join(
            " ",
          ),
        })),
        alert_rule_test: firing.flatMap((alerts, index) =>
          Object.keys(PLAYED).map((alertname) => ({
            ...{ eval_time: `${index + 1}s`, alertname },
            exp_alerts: alerts
              .filter((alert) => alert.startsWith(`${alertname} `))
              .map((alert) => {
                const [rule = "", severity = "", key] = alert.split(" ");
                return { exp_labels: { rule, severity, team: "tests", ...SCRAPED, ...(key !== undefined && { key }) } };
              }),
          })),
        ),
      },
    ],
  };
}

function scraped(name: string): string {
  const own = Object.entries(SCRAPED).map(([label, value]) => `${label}="${value}"`);
  return name.includes("{") ? name.replace("{", `{${own.join(",")},`) : `${name}{${own.join(",")}}`;
}

/** Returns the seconds in which promtool found other alerts, by rule. */
function differences(trace: Trace): ReadonlyMap<string, readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-promql-"));
  try {
    // Annotations are not compared: the summary has the value of the second.
    const groups = trace.groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ("alert" in rule ? { ...rule, annotations: {} } : rule)),
    }));
    writeFileSync(join(folder, "rules.yml"), stringify({ groups }));
    writeFileSync(join(folder, "test.yml"), stringify(testFile(trace)));
    const { stdout, stderr, error } = spawnSync("promtool", ["test", "rules", "test.yml"], {
      ...{ cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 },
    });
    if (error !== undefined) throw error;
    assert.match(`${stdout}${stderr}`, /SUCCESS|alertname:/);
    if (process.env["SHOW"] !== undefined) console.error(`${stdout}${stderr}`.slice(0, Number(process.env["SHOW"])));
    const found = new Map<string, number[]>();
    for (const [, name = "", time = ""] of `${stdout}${stderr}`.matchAll(/alertname: ?([\w-]+), time: ?(\S+),/g))
      found.set(name, [...(found.get(name) ?? []), secondsOf(time)]);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function secondsOf(time: string): number {
  const { m = "0", s = "0" } = /^(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/.exec(time)?.groups ?? {};
  return 60 * Number(m) + Number(s);
}

const TRACE = played();

test("Prometheus fires the same alerts in at least 99 % of the seconds of each rule", async () => {
  const trace = await TRACE;
  for (const name of Object.keys(PLAYED)) {
    const seconds = trace.firing.filter((alerts) => alerts.some((alert) => alert.startsWith(`${name} `))).length;
    assert.ok(seconds > 5 && seconds < SECONDS - 5, `${name} fires in ${seconds} seconds`);
  }
  const found = differences(trace);
  const many = [...found].filter(([name, seconds]) => seconds.length > (LOOSE[name] ?? 0.01) * SECONDS);
  assert.deepEqual(many, []);
  const all = [...found.values()].reduce((sum, { length }) => sum + length, 0);
  assert.ok(all <= 0.01 * SECONDS * Object.keys(PLAYED).length, `${all} differences`);
});

test("promtool disagrees if an alert fires ten seconds later", async () => {
  const trace = await TRACE;
  const firing = [...Array.from({ length: 10 }, () => []), ...trace.firing.slice(0, -10)];
  assert.ok(differences({ ...trace, firing }).size >= 8);
});
