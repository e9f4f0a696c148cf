import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlertEvent } from "../../../daemon/evaluate/alert.ts";
import { silenceStage } from "../../../daemon/notify/hold-stages.ts";
import { Pipeline } from "../../../daemon/notify/pipeline.ts";
import { emptyPipelineState } from "../../../daemon/notify/pipeline-state.ts";
import type { Silence } from "../../../daemon/notify/silences.ts";
import type { Level } from "../../../daemon/rules/rule-syntax.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { Alertmanager } from "./alertmanager.ts";
import { alert } from "./fixtures.ts";
import { matchersOf } from "./pipeline-fixture.ts";

/**
 * The same alerts, in real time, to a real Alertmanager and to our pipeline with the same settings: each receiver must hear the same of
 * each group in the same order, but for WANTED. What has no equal there is in no scenario: an alert that becomes worse does not wait for
 * group_interval (there, a severity is an alert of its own), rules that name their actions, budgets, mute windows of rules.
 */
const SETTINGS = `
actions: {default: {log: {path: a}}, oncall: {log: {path: b}}, team: {log: {path: c}}}
defaults: {action: default}
notify: {group_by: [scenario, team], group_wait: 1s, group_interval: 3s, repeat: 5s}
route:
  - {match: 'scenario="routes",severity="critical"', action: oncall, continue: true}
  - {match: 'scenario="routes"', action: team}
inhibit: [{source: 'scenario="inhibit",severity="critical"', target: severity="warning", equal: [scenario, host]}]
`;

const CONFIG = (hooks: string): string => `
route:
  receiver: default
  group_by: [scenario, team]
  group_wait: 1s
  group_interval: 3s
  repeat_interval: 5s
  routes:
    - {matchers: ['scenario="routes"', 'severity="critical"'], receiver: oncall, continue: true}
    - {matchers: ['scenario="routes"'], receiver: team}
inhibit_rules:
  - {source_matchers: ['scenario="inhibit"', 'severity="critical"'], target_matchers: ['severity="warning"'], equal: [scenario, host]}
receivers:
  - {name: default, webhook_configs: [{url: "${hooks}default"}]}
  - {name: oncall, webhook_configs: [{url: "${hooks}oncall"}]}
  - {name: team, webhook_configs: [{url: "${hooks}team"}]}
`;

/** Where we want another thing, and why. */
const WANTED: Readonly<
  Record<string, { readonly theirs: readonly string[]; readonly ours: readonly string[]; readonly why: string }>
> = {
  "over before anybody heard > default": {
    theirs: ["a b-", "a"],
    ours: ["a", "a"],
    why: "an end is told to whoever heard of the start: a page about what nobody knew of and is over wakes people for nothing",
  },
};

type Labels = Readonly<Record<string, string>>;
type Deed =
  | { readonly fire: readonly Labels[] }
  | { readonly resolve: readonly Labels[] }
  | { readonly silence: string }
  | { readonly unsilence: true };

interface Step {
  /** from the beginning; messages go at 1 s, 4 s, 7 s */
  readonly atMs: number;
  readonly scenario: string;
  readonly deed: Deed;
}

const of = (key: string, more: Labels = {}): Labels => ({ key, severity: "warning", ...more });

const SCRIPT: readonly Step[] = (
  [
    ["grouping", 0, { fire: [of("a"), of("b"), of("other", { team: "x" })] }],
    ["grouping", 2000, { fire: [of("c")] }],
    ["repeat", 0, { fire: [of("a")] }],
    ["end", 0, { fire: [of("a")] }],
    ["end", 2000, { resolve: [of("a")] }],
    ["end of one", 0, { fire: [of("a"), of("b")] }],
    ["end of one", 2000, { resolve: [of("b")] }],
    ["back within the interval", 0, { fire: [of("a")] }],
    ["back within the interval", 1800, { resolve: [of("a")] }],
    ["back within the interval", 2800, { fire: [of("a")] }],
    ["over before anybody heard", 0, { fire: [of("a"), of("b")] }],
    ["over before anybody heard", 400, { resolve: [of("b")] }],
    [
      "inhibit",
      0,
      { fire: [of("disk", { severity: "critical", host: "h" }), of("slow", { host: "h" }), of("slow", { host: "i" })] },
    ],
    ["inhibit", 2000, { resolve: [of("disk", { severity: "critical", host: "h" })] }],
    ["silence", 0, { silence: "s" }],
    ["silence", 200, { fire: [of("s"), of("u")] }],
    ["silence", 2200, { unsilence: true }],
    ["silenced end", 0, { fire: [of("s")] }],
    ["silenced end", 2000, { silence: "s" }],
    ["silenced end", 2400, { resolve: [of("s")] }],
    ["routes", 0, { fire: [of("a", { severity: "critical" }), of("b")] }],
  ] as const
)
  .map(([scenario, atMs, deed]) => ({ scenario, atMs, deed }))
  .toSorted((a, b) => a.atMs - b.atMs);
const END_MS = 9000;
const HOUR_MS = 3_600_000;

/** What a receiver heard, by scenario and group: `a b-`, the ended ones with `-`. */
class Heard {
  readonly #messages = new Map<string, string[]>();

  add(
    receiver: string,
    { scenario = "", team = "" }: Labels,
    alerts: readonly { readonly status: string; readonly labels: Labels }[],
  ): void {
    const name = `${scenario}${team === "" ? "" : ` team ${team}`} > ${receiver}`;
    const shown = alerts.map(
      ({ status, labels }) => `${labels["key"]}${labels["host"] ?? ""}${status === "resolved" ? "-" : ""}`,
    );
    this.#messages.getOrInsertComputed(name, () => []).push(shown.toSorted().join(" "));
  }

  get all(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#messages].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Our side: the pipeline with the clock of now. */
class Ours {
  readonly heard = new Heard();
  readonly silences = new Map<string, Silence>();
  readonly #started = new Map<string, number>();
  readonly #pipeline: Pipeline;

  constructor() {
    const { result } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, "/etc/bpfwarden", "host");
    assert.ok(result !== undefined);
    const options = {
      state: emptyPipelineState(),
      filters: [silenceStage(() => [...this.silences.values()])],
      traits: () => ({ isImmediate: false, maxAlerts: 100 }),
      refresh: (_rule: string, event: AlertEvent) => event,
    };
    this.#pipeline = new Pipeline(options, { notify: result.notify, labels: {} }, now());
  }

  take(scenario: string, labels: Labels, status: "firing" | "resolved"): void {
    const { severity = "warning", ...own } = labels;
    const id = JSON.stringify([scenario, labels]);
    const startsAtUnixMs = this.#started.getOrInsertComputed(id, () => Date.now());
    if (status === "resolved") this.#started.delete(id);
    const event: AlertEvent = {
      ...alert,
      rule: "test",
      labels: { scenario, ...own },
      level: severity as Level,
      status,
      startsAtUnixMs,
      ...(status === "resolved" && { endsAtUnixMs: Date.now() }),
    };
    this.#pipeline.take({ rule: "test", events: [event], named: [] }, now());
  }

  step(): void {
    for (const { action, content } of this.#pipeline.step(now()))
      this.heard.add(action, content.group.labels, content.alerts);
  }
}

function now(): { readonly ms: number; readonly unixMs: number } {
  return { ms: performance.now(), unixMs: Date.now() };
}

test("receivers hear the same of Alertmanager and of us", async () => {
  await using theirs = await Alertmanager.start(CONFIG);
  const ours = new Ours();
  const silenceIds = new Map<string, string>();
  const startedAt = new Map<string, string>();
  const startMs = performance.now();

  async function tell(scenario: string, all: readonly Labels[], status: "firing" | "resolved"): Promise<void> {
    const body = all.map((labels) => {
      const startsAt = startedAt.getOrInsertComputed(JSON.stringify([scenario, labels]), () =>
        new Date().toISOString(),
      );
      const endsAt = new Date(status === "resolved" ? Date.now() : Date.now() + HOUR_MS).toISOString();
      return { labels: { alertname: "test", scenario, ...labels }, startsAt, endsAt };
    });
    await theirs.post("alerts", body);
    for (const labels of all) ours.take(scenario, labels, status);
  }

  async function silence(scenario: string, key: string): Promise<void> {
    const matchers = Object.entries({ scenario, key }).map(([name, value]) => ({
      name,
      value,
      isRegex: false,
      isEqual: true,
    }));
    const [startsAt, endsAt] = [Date.now() - 1000, Date.now() + HOUR_MS];
    const asked = { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() };
    const answer = await theirs.post("silences", { ...asked, matchers, createdBy: "test", comment: "test" });
    silenceIds.set(scenario, (answer as { silenceID: string }).silenceID);
    const ids = { id: scenario, author: "test", comment: "test" };
    const own = matchersOf(`scenario="${scenario}",key="${key}"`);
    ours.silences.set(scenario, { ...ids, matchers: own, startsAtUnixMs: startsAt, endsAtUnixMs: endsAt });
  }

  async function act({ scenario, deed }: Step): Promise<void> {
    if ("fire" in deed) await tell(scenario, deed.fire, "firing");
    else if ("resolve" in deed) await tell(scenario, deed.resolve, "resolved");
    else if ("silence" in deed) await silence(scenario, deed.silence);
    else {
      await theirs.delete(`silence/${silenceIds.get(scenario)}`);
      ours.silences.delete(scenario);
    }
  }

  const script = [...SCRIPT];
  for (let elapsedMs = 0; elapsedMs < END_MS; elapsedMs = performance.now() - startMs) {
    while (script[0] !== undefined && script[0].atMs <= elapsedMs) await act(script.shift() as Step);
    ours.step();
    await sleep(20);
  }
  const heard = new Heard();
  for (const { receiver, body } of theirs.received) heard.add(receiver, body.groupLabels, body.alerts);
  assert.deepEqual(heard.all["grouping > default"], ["a b", "a b c"]);
  for (const [name, { theirs: told }] of Object.entries(WANTED)) assert.deepEqual(heard.all[name], told, name);
  const wanted = Object.entries(WANTED).map(([name, { ours: told }]) => [name, told] as const);
  assert.deepEqual(ours.heard.all, { ...heard.all, ...Object.fromEntries(wanted) });
});
