import assert from "node:assert/strict";
import { join } from "node:path";
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
import { KEPT_KINDS } from "../../../daemon/state/kept-kinds.ts";
import { StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { openStore } from "../../../daemon/store/store.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { call } from "./call-rules.ts";

const logger = pino({ level: "silent" });
const SETTINGS = `actions: {hook: {webhook: {url: "https://receiver.example.org/"}}}
defaults: {action: hook}
notify: {group_wait: 0s, group_interval: 1s}
`;
const DEFAULTS = { windowMs: 60_000, keyLimit: 10, ringBytes: 1 << 16 };
const WHO = 1_900_000_777;

kernelTest("a firing alert goes on in the rule that takes the place of its own at other probes", async () => {
  using program = new CProgram("int main(void) { return 0; }");
  const rule = `rule: moving
probe: [
  "uprobe:${program.path}:marked",
  {probe: "tracepoint:syscalls:sys_enter_getpriority", filter: pid == ${process.pid} and args.who == ${WHO}}]
aggregate: count()
window: 10m
threshold: value > 0
`;
  const clock = hostClock();
  const place = { path: join(program.folder, "state.db"), kinds: KEPT_KINDS, logger };
  await using store = await openStore({ ...place, nowMs: () => clock.bootMs(), nowUnixMs: () => clock.unixMs() });
  const keeper = new StateKeeper({ store, clock, bootId: "boot", logger });
  const { result: settings } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, "/etc/bpfwarden", "host");
  assert.ok(settings);
  const sent: AlertsContent[] = [];
  const alerting = new Alerting({
    ...{ clock, settings, saved: undefined, silences: () => [], onFault: ({ error }) => assert.fail(String(error)) },
    dispatcher: { isIdle: () => true, submit: ({ content }) => content.kind === "alerts" && sent.push(content) },
    receivers: { takeRecords: () => false, lossOf: () => undefined },
    rules: { muteOf: () => [], refresh: (_rule, event) => event },
  });
  alerting.endOrphans(() => undefined);
  const running = new RuleSet();
  await using runner = new RuleRunner({
    ...{ clock, logger, alerting, generations: openGenerations(), rules: running },
    judging: new Judging(() => clock.bootMs()),
    memory: {
      remember: (plan, identity) => keeper.remember(plan, identity),
      forget: (name) => keeper.forget(name),
    },
  });
  const { rules } = readRules({ path: "rules.yaml", text: rule }, DEFAULTS);
  const none = { paths: [], ignored: [], faulty: [], diagnostics: [] };
  const found = { ...none, settings, hasSettingsFile: true, rules, isBroken: () => false, lacksDropIn: () => false };
  const points = (): unknown => running.rules.map(({ object }) => object.attached.map(({ point }) => point));

  const swapped = runner.swap(found, settings, 0, false);
  assert.equal(runner.isSwapping, true);
  assert.deepEqual(await swapped, []);
  assert.equal(runner.isSwapping, false);
  assert.deepEqual(points(), [["tracepoint:syscalls:sys_enter_getpriority"]]);
  call(WHO);
  await runner.tick();
  await runner.judged();
  assert.deepEqual(statusesOf(sent), ["firing"]);
  await keeper.keep(running.rules, alerting);

  program.compile("void marked(void) {} int main(void) { return 0; }", [], "program");
  assert.deepEqual(await runner.swap(found, settings, 0, true), []);
  assert.match(JSON.stringify(points()), /marked/);
  await runner.tick();
  await runner.judged();
  assert.deepEqual(
    alerting.firing().map(({ event }) => event.rule),
    ["moving"],
  );
  assert.deepEqual(statusesOf(sent), ["firing"]);
});

/** The statuses of all alerts that were news. */
function statusesOf(sent: readonly AlertsContent[]): readonly string[] {
  return sent.flatMap(({ alerts, news }) => alerts.slice(0, news).map(({ status }) => status));
}
