import assert from "node:assert/strict";
import { pino } from "pino";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { Alerting } from "../../../daemon/notify/alerting.ts";
import type { AlertsContent } from "../../../daemon/notify/queue/delivery.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { Judging } from "../../../daemon/run/judging.ts";
import { RuleRunner } from "../../../daemon/run/rule-runner.ts";
import { RuleSet } from "../../../daemon/run/rule-set.ts";
import { hostClock } from "../../../daemon/service/clock.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { kernelTest } from "../privilege.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call } from "./call-rules.ts";

const logger = pino({ level: "silent" });
// a busy host may take long from one tick of the test to its next
const SETTINGS = `tick: 1m
actions: {hook: {webhook: {url: "https://receiver.example.org/"}}}
defaults: {action: hook}
notify: {group_by: "...", group_interval: 1s}
`;
const DEFAULTS = { windowMs: 600_000, keyLimit: 1000, ringBytes: 1 << 16 };
const FIRST = 1_900_001_000;

/** A rule about the calls of this process with an argument from `FIRST + from` on. */
const rule = (name: string, from: number, rest: string): string => `rule: ${name}
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who > 0 and args.who in ${FIRST + from}..${FIRST + from + 9}
${rest}`;

const RULES = [
  rule("total", 0, "aggregate: count()\nthreshold: {warning: value > 2, critical: value > 5}\n"),
  rule("each", 10, "by: {who: args.who}\naggregate: sum(args.who)\nthreshold: value > 3_800_000_000\n"),
  rule("most", 20, `aggregate: max(args.who)\nthreshold: value >= ${FIRST + 25}\n`),
  rule("least", 30, `by: {which: args.which}\naggregate: min(args.who)\nthreshold: value < ${FIRST + 35}\n`),
  rule("lasting", 40, "aggregate: count()\nthreshold: value > 0\nfor: 1s\n"),
];

/** Rules that run without a daemon: a tick comes only if the test makes one. */
async function running(body: (runner: RuleRunner, sent: readonly string[]) => Promise<void>): Promise<void> {
  const clock = hostClock();
  const { result: settings } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, "/etc/bpfwarden", "host");
  assert.ok(settings);
  const sent: string[] = [];
  const take = ({ alerts }: AlertsContent): unknown =>
    sent.push(...alerts.map(({ rule: name, level, labels }) => `${name} ${level} ${labels["who"] ?? ""}`.trim()));
  const alerting = new Alerting({
    ...{ clock, settings, saved: undefined, silences: () => [], onFault: ({ error }) => assert.fail(String(error)) },
    dispatcher: { isIdle: () => true, submit: ({ content }) => content.kind === "alerts" && take(content) },
    receivers: { takeRecords: () => false, lossOf: () => undefined },
    rules: { muteOf: () => [], refresh: (_rule, event) => event },
  });
  alerting.endOrphans(() => undefined);
  await using runner = new RuleRunner({
    fuses: true,
    ...{ clock, logger, alerting, generations: openGenerations(), rules: new RuleSet() },
    judging: new Judging(() => clock.bootMs()),
    memory: { remember: () => undefined, forget: () => undefined },
  });
  const { rules } = readRules({ path: "rules.yaml", text: RULES.join("---\n") }, DEFAULTS);
  const none = { paths: [], ignored: [], faulty: [], diagnostics: [] };
  const found = { ...none, settings, hasSettingsFile: true, rules, isBroken: () => false, lacksDropIn: () => false };
  assert.deepEqual(await runner.swap(found, settings, 0, false), []);
  await runner.tick();
  await runner.judged();
  await body(runner, sent);
}

const calls = (...numbers: readonly number[]): void => numbers.forEach((number) => call(FIRST + number));

kernelTest("alerts fire without a tick, and the tick then says nothing new", async () => {
  await running(async (runner, sent) => {
    calls(40, 0, 1, 10, 20, 21, 36);
    calls(2, 10, 25, 33);
    await waitUntil("the alerts", () => sent.length === 4);
    const fired = ["each warning 1900001010", "least warning", "most warning", "total warning"];
    assert.deepEqual(sent.toSorted(byText), fired);
    await runner.tick();
    await runner.judged();
    assert.deepEqual(sent.toSorted(byText), fired);
  });
});

kernelTest("two keys that cross at the same time both fire, and a key that has not does not", async () => {
  await running(async (_, sent) => {
    calls(11, 12, 13, 11, 12);
    await waitUntil("the alerts", () => sent.length === 2);
    assert.deepEqual(sent.toSorted(byText), ["each warning 1900001011", "each warning 1900001012"]);
  });
});

kernelTest("counts of earlier ticks are part of what a key may still count", async () => {
  await running(async (runner, sent) => {
    calls(0, 14);
    await runner.tick();
    await runner.judged();
    calls(1, 15);
    await runner.tick();
    await runner.judged();
    assert.deepEqual(sent, []);
    calls(2, 14);
    await waitUntil("the alerts", () => sent.length === 2);
    assert.deepEqual(sent.toSorted(byText), ["each warning 1900001014", "total warning"]);
  });
});

const byText = (one: string, other: string): number => (one < other ? -1 : 1);
