import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { Alerting } from "../../../daemon/notify/alerting.ts";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import type { AlertsContent } from "../../../daemon/notify/queue/delivery.ts";
import type { StepFault } from "../../../daemon/notify/stages/guard.ts";
import type { Level } from "../../../daemon/rules/rule-syntax.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { alert } from "./fixtures.ts";

const SETTINGS = `actions: {hook: {webhook: {url: "https://receiver.example.org/"}}}
defaults: {action: hook}
notify: {group_interval: 1m, budget: {rule: 1000, action: 1000}}
`;
/** Each reading of the clock takes so long: two or three pieces of work are a slice. */
const READING_MS = 20;
/** More than the loop is to be without its turn for, and several messages. */
const MANY = 3000;

class Setting {
  readonly sent: AlertsContent[] = [];
  readonly faults: StepFault[] = [];
  readonly alerting: Alerting;
  /** of messages of this rule */
  failsFor = "";
  nowMs = 0;

  constructor() {
    const { result } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, "/etc/bpfwarden", "host");
    assert.ok(result !== undefined);
    this.alerting = new Alerting({
      settings: result,
      saved: undefined,
      clock: {
        bootMs: () => (this.nowMs += READING_MS),
        bootNs: () => BigInt(this.nowMs) * 1_000_000n,
        unixMs: () => alert.startsAtUnixMs + this.nowMs,
        unixNs: () => BigInt(alert.startsAtUnixMs + this.nowMs) * 1_000_000n,
        monotonicUs: () => BigInt(this.nowMs) * 1000n,
      },
      dispatcher: {
        isIdle: () => true,
        submit: ({ content }) => {
          assert.ok(content.kind === "alerts");
          if (content.rule === this.failsFor) throw new Error("cannot be sent");
          this.sent.push(content);
        },
      },
      receivers: { takeRecords: () => false, lossOf: () => undefined },
      rules: { muteOf: () => [], refresh: (_rule, event) => event },
      silences: () => [],
      onFault: (fault) => this.faults.push(fault),
    });
  }

  fire(rule: string, count: number, first = 0, level: Level = "warning"): void {
    const events = Array.from({ length: count }, (_, index): AlertEvent => {
      const labels = { key: String(first + index) };
      return { ...alert, rule, level, labels, startsAtUnixMs: alert.startsAtUnixMs + this.nowMs };
    });
    this.alerting.alerts({ rule, ruleActions: [], items: events });
  }

  /** The keys of a rule's alerts that were news, in that order. */
  told(rule: string): readonly string[] {
    const news = this.sent.flatMap((content) => (content.rule === rule ? content.alerts.slice(0, content.news) : []));
    return news.map(({ labels }) => labels["key"] ?? "");
  }
}

function ready(): Setting {
  const setting = new Setting();
  setting.alerting.endOrphans(() => undefined);
  return setting;
}

function assertEachOnce(told: readonly string[], count: number): void {
  assert.deepEqual([told.length, new Set(told).size], [count, count]);
}

test("nothing is sent before it is known which alerts still fire", async () => {
  const setting = new Setting();
  setting.fire("big", 3);
  setting.alerting.step();
  await setting.alerting.stepInTurns();
  assert.deepEqual(setting.sent, []);
  setting.alerting.endOrphans(() => undefined);
  assertEachOnce(setting.told("big"), 3);
});

test("each of many alerts is notified once, while the event loop goes on", async () => {
  const setting = ready();
  setting.fire("big", MANY);
  let turns = 0;
  let isOver = false;
  const stepping = setting.alerting.stepInTurns().finally(() => (isOver = true));
  for (; !isOver; turns++) await setImmediate();
  await stepping;
  assert.ok(turns > 3, `the loop had its turn ${turns} times`);
  assert.equal(setting.alerting.isStepping, false);
  await tellRest(setting);
  assertEachOnce(setting.told("big"), MANY);
});

/** Messages beyond the limit of one step are sent by the next ones. */
async function tellRest(setting: Setting): Promise<void> {
  for (let steps = 0; steps < 10; steps++) await setting.alerting.stepInTurns();
}

test("a step that begins during another one notifies for other rules, and nothing twice", async () => {
  const setting = ready();
  setting.fire("big", MANY);
  const first = setting.alerting.stepInTurns();
  await setImmediate();
  assert.equal(setting.alerting.isStepping, true);
  setting.fire("other", 1);
  const before = setting.told("big").length;
  setting.alerting.step();
  assert.deepEqual(setting.told("other"), [], "a step at once waits for those that are under way");
  await setting.alerting.stepInTurns();
  assert.deepEqual(setting.told("other"), ["0"]);
  assert.ok(before < MANY && setting.alerting.isStepping, "the first is still sending");
  await first;
  assert.equal(setting.alerting.isStepping, false);
  await tellRest(setting);
  assertEachOnce(setting.told("big"), MANY);
  assertEachOnce(setting.told("other"), 1);
});

test("an alert that becomes worse while its group is sent hurries the group, and nothing is sent twice", async () => {
  const setting = ready();
  setting.fire("big", MANY);
  const steps = [setting.alerting.stepInTurns()];
  for (let worse = 0; worse < 20; worse++) {
    await setImmediate();
    setting.fire("big", 1, worse, "critical");
    steps.push(setting.alerting.stepInTurns());
  }
  await Promise.all(steps);
  await tellRest(setting);
  const told = setting.told("big");
  assert.deepEqual(new Set(told).size, MANY);
  assert.ok(told.length <= MANY + 20, `${told.length} were told of`);
});

test("an alert that fires while its group is sent comes with the group's next message", async () => {
  const setting = ready();
  setting.fire("big", MANY);
  const first = setting.alerting.stepInTurns();
  await setImmediate();
  setting.fire("big", 1, MANY);
  await setting.alerting.stepInTurns();
  await first;
  await tellRest(setting);
  setting.nowMs += 61_000;
  await tellRest(setting);
  assertEachOnce(setting.told("big"), MANY + 1);
});

test("a message that cannot be sent neither ends the step nor delays others", async () => {
  const setting = ready();
  setting.failsFor = "broken";
  setting.fire("broken", 1);
  setting.fire("fine", 1);
  await setting.alerting.stepInTurns();
  assert.deepEqual(setting.told("fine"), ["0"]);
  assert.deepEqual(
    setting.faults.map(({ rule, step }) => [rule, step]),
    [["broken", "message"]],
  );
  assert.equal(setting.alerting.isStepping, false);
});
