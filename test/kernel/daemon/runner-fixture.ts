import assert from "node:assert/strict";
import { join } from "node:path";
import { pino } from "pino";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { Alerting } from "../../../daemon/notify/alerting.ts";
import type { AlertsContent } from "../../../daemon/notify/queue/delivery.ts";
import type { Configuration } from "../../../daemon/rules/find-configuration.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { Judging } from "../../../daemon/run/judging.ts";
import { RuleRunner } from "../../../daemon/run/rule-runner.ts";
import { RuleSet } from "../../../daemon/run/rule-set.ts";
import type { RunningRule } from "../../../daemon/run/running-rule.ts";
import type { Clock } from "../../../daemon/service/clock.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { KEPT_KINDS } from "../../../daemon/state/kept-kinds.ts";
import { StateKeeper } from "../../../daemon/state/state-keeper.ts";
import { openStore } from "../../../daemon/store/store.ts";

export const SILENT = pino({ level: "silent" });
const SETTINGS = `actions: {hook: {webhook: {url: "https://receiver.example.org/"}}}
defaults: {action: hook}
notify: {group_wait: 0s, group_interval: 1s}
`;
const DEFAULTS = { windowMs: 60_000, keyLimit: 10, ringBytes: 1 << 16 };

/** Rules that run in the kernel as in the daemon, and what would be sent of their alerts. */
export interface RunnerFixture extends AsyncDisposable {
  readonly running: RuleSet;
  readonly alerting: Alerting;
  readonly keeper: StateKeeper;
  /** Swaps in the rules of the fixture again. */
  readonly swap: (modulesChanged?: boolean) => Promise<void>;
  /** Runs one tick, and resolves when it has been judged. */
  readonly tick: () => Promise<void>;
  /** Returns the statuses of all alerts that were news. */
  readonly statuses: () => readonly string[];
  readonly runner: RuleRunner;
}

/**
 * @param text YAML of the rules
 * @param folder for the state
 * @param isDue true for a paused rule that may run again
 */
export async function runnerFixture(
  text: string,
  { folder, clock, isDue }: { folder: string; clock: Clock; isDue?: (rule: RunningRule) => boolean },
): Promise<RunnerFixture> {
  const place = { path: join(folder, "state.db"), kinds: KEPT_KINDS, logger: SILENT };
  const store = await openStore({ ...place, nowMs: () => clock.bootMs(), nowUnixMs: () => clock.unixMs() });
  const keeper = new StateKeeper({ store, clock, bootId: "boot", logger: SILENT });
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
  const runner = new RuleRunner({
    ...{ clock, logger: SILENT, alerting, generations: openGenerations(), rules: running, fuses: true },
    judging: new Judging(() => clock.bootMs()),
    memory: {
      remember: (plan, identity) => keeper.remember(plan, identity),
      forget: (name) => keeper.forget(name),
    },
    ...(isDue && { isDue }),
  });
  const { rules } = readRules({ path: "rules.yaml", text }, DEFAULTS);
  const none = { paths: [], ignored: [], faulty: [], diagnostics: [], isBroken: () => false };
  const found: Configuration = { ...none, settings, hasSettingsFile: true, rules, lacksDropIn: () => false };
  return {
    ...{ running, alerting, keeper, runner },
    swap: async (modulesChanged = false) => assert.deepEqual(await runner.swap(found, settings, 0, modulesChanged), []),
    tick: async () => {
      await runner.tick();
      await runner.judged();
    },
    statuses: () => sent.flatMap(({ alerts, news }) => alerts.slice(0, news).map(({ status }) => status)),
    [Symbol.asyncDispose]: async () => {
      await runner[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
