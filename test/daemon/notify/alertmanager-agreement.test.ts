import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { Pipeline } from "../../../daemon/notify/stages/pipeline.ts";
import { emptyPipelineState } from "../../../daemon/notify/stages/pipeline-state.ts";
import type { Silence } from "../../../daemon/notify/stages/silences.ts";
import type { Level } from "../../../daemon/rules/rule-syntax.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { Alertmanager } from "./alertmanager.ts";
import { alert } from "./fixtures.ts";
import { matchersOf } from "./pipeline-fixture.ts";

/** So many seconds of the script, as both sides spell them. */
type Seconds = (count: number) => string;

/**
 * Settings for the comparison: the same alerts go, in real time, to a real Alertmanager and to our
 * pipeline with the same settings. Each receiver must get the same of each group in the same order,
 * except for WANTED. The scenarios leave out cases that Alertmanager does not have: an alert that
 * becomes worse does not wait for group_interval (there, a severity is an alert of its own), rules
 * that name their actions, budgets, mute windows of rules.
 */
const settingsOf = (seconds: Seconds): string => `
actions: {default: {log: {path: a}}, oncall: {log: {path: b}}, team: {log: {path: c}}}
defaults: {action: default}
notify: {group_by: [scenario, team], group_wait: ${seconds(1)}, group_interval: ${seconds(3)}, repeat: ${seconds(5)}}
route:
  - {match: 'scenario="routes",severity="critical"', action: oncall, continue: true}
  - {match: 'scenario="routes"', action: team}
inhibit: [{source: 'scenario=~"inhibit.*",severity="critical"', target: severity="warning", equal: [scenario, host]}]
`;

const configOf = (hooks: string, seconds: Seconds): string => `
route:
  receiver: default
  group_by: [scenario, team]
  group_wait: ${seconds(1)}
  group_interval: ${seconds(3)}
  repeat_interval: ${seconds(5)}
  routes:
    - {matchers: ['scenario="routes"', 'severity="critical"'], receiver: oncall, continue: true}
    - {matchers: ['scenario="routes"'], receiver: team}
inhibit_rules:
  - {source_matchers: ['scenario=~"inhibit.*"', 'severity="critical"'], target_matchers: ['severity="warning"'], equal: [scenario, host]}
receivers:
  - {name: default, webhook_configs: [{url: "${hooks}default"}]}
  - {name: oncall, webhook_configs: [{url: "${hooks}oncall"}]}
  - {name: team, webhook_configs: [{url: "${hooks}team"}]}
`;

/** Differences that we want, with the reasons. */
const WANTED: Readonly<
  Record<string, { readonly theirs: readonly string[]; readonly ours: readonly string[]; readonly why: string }>
> = {
  "all over before anybody heard > default": {
    theirs: [],
    ours: ["a- b-"],
    why: "whatever fired is told: theirs tells of what is over only where something else of the group fires or has been told",
  },
  "over after all has ended > default": {
    theirs: ["a", "a-"],
    ours: ["a", "a-", "b-"],
    why: "as above",
  },
};

type Labels = Readonly<Record<string, string>>;
type Deed =
  | { readonly fire: readonly Labels[] }
  | { readonly resolve: readonly Labels[] }
  | { readonly silence: string }
  | { readonly unsilence: true };

interface Step {
  /** from the scenario's beginning; messages go at 1 s, 4 s, 7 s */
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
    ["all over before anybody heard", 0, { fire: [of("a"), of("b")] }],
    ["all over before anybody heard", 400, { resolve: [of("a"), of("b")] }],
    ["one after the other", 0, { fire: [of("a")] }],
    ["one after the other", 1500, { resolve: [of("a")] }],
    ["one after the other", 1800, { fire: [of("b")] }],
    ["one after the other", 2200, { resolve: [of("b")] }],
    ["one after the other", 2500, { fire: [of("c")] }],
    ["one after the other", 3000, { resolve: [of("c")] }],
    ["over after all has ended", 0, { fire: [of("a")] }],
    ["over after all has ended", 1500, { resolve: [of("a")] }],
    ["over after all has ended", 4800, { fire: [of("b")] }],
    ["over after all has ended", 5600, { resolve: [of("b")] }],
    ["over while silenced", 0, { silence: "s" }],
    ["over while silenced", 200, { fire: [of("s"), of("u")] }],
    ["over while silenced", 2400, { resolve: [of("s")] }],
    ["over while silenced", 5000, { unsilence: true }],
    ["over after the silence", 0, { silence: "s" }],
    ["over after the silence", 200, { fire: [of("s"), of("u")] }],
    ["over after the silence", 1800, { unsilence: true }],
    ["over after the silence", 2600, { resolve: [of("s")] }],
    ["silenced after it is over", 0, { fire: [of("u")] }],
    ["silenced after it is over", 1500, { fire: [of("s")] }],
    ["silenced after it is over", 2000, { resolve: [of("s")] }],
    ["silenced after it is over", 2600, { silence: "s" }],
    ["silenced after it is over", 5000, { unsilence: true }],
    [
      "inhibit",
      0,
      { fire: [of("disk", { severity: "critical", host: "h" }), of("slow", { host: "h" }), of("slow", { host: "i" })] },
    ],
    ["inhibit", 2000, { resolve: [of("disk", { severity: "critical", host: "h" })] }],
    ["inhibited end", 0, { fire: [of("disk", { severity: "critical", host: "h" }), of("slow", { host: "h" })] }],
    ["inhibited end", 2000, { resolve: [of("slow", { host: "h" })] }],
    ["inhibited end", 5000, { resolve: [of("disk", { severity: "critical", host: "h" })] }],
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
/**
 * No deed is nearer to a message than twice this: one that is later may fall on the other side of
 * it.
 */
const MOST_LATE_MS = 200;
/** The factors of time for the repetitions on a machine that cannot keep up. */
const SLOWER = [1, 2, 4];

/** The notifications of a receiver, by scenario and group: `a b-`, with `-` for ended ones. */
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

  constructor(seconds: Seconds) {
    const { result } = readSettings({ path: "bpfwarden.yaml", text: settingsOf(seconds) }, "/etc/bpfwarden", "host");
    assert.ok(result !== undefined);
    const options = {
      state: emptyPipelineState(),
      silences: () => [...this.silences.values()],
      muteOf: () => [],
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
    this.#pipeline.take({ rule: "test", events: [event], ruleActions: [] }, now());
  }

  step(): void {
    for (const { action, content } of this.#pipeline.step(now()))
      this.heard.add(action, content.group.labels, content.alerts);
  }
}

function now(): { readonly ms: number; readonly unixMs: number } {
  return { ms: performance.now(), unixMs: Date.now() };
}

/** The notifications of both sides after the script, and the greatest delay of its steps. */
interface Played {
  readonly theirs: Readonly<Record<string, readonly string[]>>;
  readonly ours: Readonly<Record<string, readonly string[]>>;
  readonly lateMs: number;
}

/** @param slowness by how much longer everything takes than the script says */
async function play(slowness: number): Promise<Played> {
  const seconds: Seconds = (count) => `${count * slowness}s`;
  await using theirs = await Alertmanager.start((hooks) => configOf(hooks, seconds));
  const ours = new Ours(seconds);
  const startMs = performance.now();
  const script = new Script(theirs, ours, startMs, slowness);
  const acting = Promise.all(
    Map.groupBy(SCRIPT, ({ scenario }) => scenario)
      .values()
      .map((steps) => script.act(steps)),
  );
  while (performance.now() - startMs < END_MS * slowness) {
    ours.step();
    const beforeMs = performance.now();
    await sleep(20);
    script.heedLate(performance.now() - beforeMs - 20);
  }
  await acting;
  const heard = new Heard();
  for (const { receiver, body } of theirs.received) heard.add(receiver, body.groupLabels, body.alerts);
  return { theirs: heard.all, ours: ours.heard.all, lateMs: script.lateMs / slowness };
}

/** Does to both what the script says: a scenario does not wait for the others. */
class Script {
  readonly #theirs: Alertmanager;
  readonly #ours: Ours;
  readonly #startMs: number;
  readonly #slowness: number;
  readonly #silenceIds = new Map<string, string>();
  readonly #startedAt = new Map<string, string>();
  lateMs = 0;

  constructor(theirs: Alertmanager, ours: Ours, startMs: number, slowness: number) {
    this.#theirs = theirs;
    this.#ours = ours;
    this.#startMs = startMs;
    this.#slowness = slowness;
  }

  heedLate(ms: number): void {
    this.lateMs = Math.max(this.lateMs, ms);
  }

  /** The steps of one scenario. */
  async act(steps: readonly Step[]): Promise<void> {
    for (const { atMs, scenario, deed } of steps) {
      const dueMs = this.#startMs + atMs * this.#slowness;
      await sleep(Math.max(0, dueMs - performance.now()));
      await this.#do(scenario, deed);
      this.heedLate(performance.now() - dueMs);
    }
  }

  async #do(scenario: string, deed: Deed): Promise<void> {
    if ("fire" in deed) await this.#tell(scenario, deed.fire, "firing");
    else if ("resolve" in deed) await this.#tell(scenario, deed.resolve, "resolved");
    else if ("silence" in deed) await this.#silence(scenario, deed.silence);
    else {
      await this.#theirs.delete(`silence/${this.#silenceIds.get(scenario)}`);
      this.#ours.silences.delete(scenario);
    }
  }

  async #tell(scenario: string, all: readonly Labels[], status: "firing" | "resolved"): Promise<void> {
    const body = all.map((labels) => {
      const startsAt = this.#startedAt.getOrInsertComputed(JSON.stringify([scenario, labels]), () =>
        new Date().toISOString(),
      );
      const endsAt = new Date(status === "resolved" ? Date.now() : Date.now() + HOUR_MS).toISOString();
      return { labels: { alertname: "test", scenario, ...labels }, startsAt, endsAt };
    });
    await this.#theirs.post("alerts", body);
    for (const labels of all) this.#ours.take(scenario, labels, status);
  }

  async #silence(scenario: string, key: string): Promise<void> {
    const matchers = Object.entries({ scenario, key }).map(([name, value]) => ({
      name,
      value,
      isRegex: false,
      isEqual: true,
    }));
    const [startsAt, endsAt] = [Date.now() - 1000, Date.now() + HOUR_MS];
    const asked = { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() };
    const answer = await this.#theirs.post("silences", { ...asked, matchers, createdBy: "test", comment: "test" });
    this.#silenceIds.set(scenario, (answer as { silenceID: string }).silenceID);
    const ids = { id: scenario, author: "test", comment: "test" };
    const own = matchersOf(`scenario="${scenario}",key="${key}"`);
    this.#ours.silences.set(scenario, { ...ids, matchers: own, startsAtUnixMs: startsAt, endsAtUnixMs: endsAt });
  }
}

test("receivers get the same notifications from Alertmanager and from us", async (context) => {
  for (const slowness of SLOWER) {
    const { theirs, ours, lateMs } = await play(slowness);
    context.diagnostic(`at a slowness of ${slowness}, deeds were up to ${lateMs.toFixed(0)} ms late`);
    if (lateMs > MOST_LATE_MS && slowness !== SLOWER.at(-1)) continue;
    assert.deepEqual(theirs["grouping > default"], ["a b", "a b c"]);
    for (const [name, wanted] of Object.entries(WANTED)) assert.deepEqual(theirs[name] ?? [], wanted.theirs, name);
    const wanted = Object.entries(WANTED).map(([name, { ours: told }]) => [name, told] as const);
    return assert.deepEqual(ours, { ...theirs, ...Object.fromEntries(wanted) });
  }
});
