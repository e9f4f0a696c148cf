import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { Alerting } from "../../../daemon/notify/alerting.ts";
import type { AlertsContent } from "../../../daemon/notify/queue/delivery.ts";
import { isResend } from "../../../daemon/notify/queue/resend.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { alert } from "./fixtures.ts";

const SETTINGS = "actions: {am: {alertmanager: {url: 'http://127.0.0.1:9093'}}}\ndefaults: {action: am}\n";
const MINUTE_MS = 60_000;

class Setting {
  readonly sent: AlertsContent[] = [];
  readonly alerting: Alerting;
  isIdle = true;
  nowMs = 0;

  constructor() {
    const { result } = readSettings({ path: "bpfwarden.yaml", text: SETTINGS }, "/etc/bpfwarden", "host");
    assert.ok(result !== undefined);
    this.alerting = new Alerting({
      settings: result,
      saved: undefined,
      clock: {
        bootMs: () => this.nowMs,
        bootNs: () => BigInt(this.nowMs) * 1_000_000n,
        unixMs: () => alert.startsAtUnixMs + this.nowMs,
        unixNs: () => BigInt(alert.startsAtUnixMs + this.nowMs) * 1_000_000n,
        monotonicUs: () => BigInt(this.nowMs) * 1000n,
      },
      dispatcher: {
        isIdle: () => this.isIdle,
        submit: ({ content }) => content.kind === "alerts" && this.sent.push(content),
      },
      receivers: { takeRecords: () => false, lossOf: () => undefined },
      rules: { muteOf: () => [], refresh: (_rule, event) => event },
      silences: () => [],
      onFault: ({ error }) => assert.fail(String(error)),
    });
    this.alerting.endOrphans(() => undefined);
  }

  take(event: AlertEvent): void {
    this.alerting.alerts({ rule: event.rule, ruleActions: [], items: [event] });
    this.alerting.step();
  }

  /** Ticks each second, and returns what was sent meanwhile. */
  pass(ms: number): readonly string[] {
    const before = this.sent.length;
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 1000;
      this.alerting.step();
    }
    return this.sent.slice(before).map((content) => {
      const states = content.alerts.map(({ status }) => status);
      return `${isResend(content) ? "again" : "news"}: ${states.join(" ")}`;
    });
  }
}

test("an alert that fires is sent each minute, and its end for five minutes", () => {
  const setting = new Setting();
  setting.pass(MINUTE_MS);
  setting.take(alert);
  assert.equal(setting.sent.length, 1);
  assert.deepEqual(setting.pass(3 * MINUTE_MS), Array<string>(3).fill("again: firing"));
  setting.take({ ...alert, status: "resolved", endsAtUnixMs: alert.startsAtUnixMs + setting.nowMs });
  assert.deepEqual(setting.pass(8 * MINUTE_MS), Array<string>(5).fill("again: resolved"));
});

test("nothing is added to the queue of a receiver that does not answer", () => {
  const setting = new Setting();
  setting.take(alert);
  setting.isIdle = false;
  assert.deepEqual(setting.pass(5 * MINUTE_MS), []);
  setting.isIdle = true;
  assert.deepEqual(setting.pass(1000), ["again: firing"]);
});

test("an alert that fires again is not sent as ended", () => {
  const setting = new Setting();
  setting.take(alert);
  setting.take({ ...alert, status: "resolved", endsAtUnixMs: alert.startsAtUnixMs + 1 });
  setting.take({ ...alert, startsAtUnixMs: alert.startsAtUnixMs + 2 });
  assert.deepEqual(setting.pass(MINUTE_MS).at(-1), "again: firing");
});
