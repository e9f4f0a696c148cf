import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { HistoryEntry, HistoryReport, WeeklyReport } from "../../../daemon/store/history-answers.ts";
import { call, countingRule, judged, MARKS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { askUntil, bpfwarden, checkedJson, clientOf } from "../support/ask-daemon.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const WHO = 1_900_000_181;

type Query = Readonly<Record<string, string>>;

/** Asks for the history of the rule until it is as expected. */
async function historyWhen(
  daemon: DaemonProcess,
  expected: (alerts: readonly HistoryEntry[]) => boolean,
  query: Query = {},
): Promise<readonly HistoryEntry[]> {
  const client = clientOf(daemon);
  const ask = async (): Promise<readonly HistoryEntry[]> => (await client.history({ rule: "calls", ...query })).alerts;
  return askUntil("the history", ask, expected);
}

kernelTest(
  "an alert is one entry over a kill, with who was notified, what held it back, and why it ended",
  async () => {
    await using sink = await WebhookSink.start();
    const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\nnotify: {group_interval: 200ms}\n`;
    await using daemon = await DaemonProcess.start({
      rules: { "marks.yaml": `${MARKS}action: file\n`, "rule.yaml": countingRule("calls", WHO, 3) },
      settings,
    });
    assert.match((await bpfwarden(daemon, "history", "--rule", "calls")).out, /^no alert fired from \S+Z to \S+Z$/m);

    call(WHO, 3);
    await waitUntil("the page", () => sink.alerts("calls", "firing").length > 0);
    const [fired] = await historyWhen(
      daemon,
      ([alert]) => alert !== undefined && alert.notified.every(({ outcome }) => outcome === "delivered"),
    );
    assert.equal(fired?.endedAt, undefined);
    assert.match(fired?.reason ?? "", /value 3 >= 3/);
    assert.deepEqual(fired?.notified.map(({ receiver, status }) => [receiver, status]).toSorted(), [
      ["file", "firing"],
      ["hook", "firing"],
    ]);

    const client = clientOf(daemon);
    await client.drill({ rule: "calls" });
    await client.addSilence({ matchers: ["calls"], for: "1h", author: "ada", comment: "at work" });
    await historyWhen(daemon, (alerts) => alerts.some(({ drill }) => drill), { drills: "true" });
    await daemon.restart("SIGKILL");
    await judged(daemon);
    rmSync(join(daemon.folder, "rules.d/rule.yaml"));
    const [ended, ...others] = await historyWhen(
      daemon,
      ([alert]) => alert?.endedAt !== undefined && alert.heldBack.length > 0,
    );
    assert.deepEqual(
      [ended?.id, ended?.firedAt, ended?.endReason],
      [fired?.id, fired?.firedAt, "the rule was removed"],
    );
    assert.match(ended?.heldBack[0]?.reason ?? "", /silenced until \S+ by ada: at work/);
    assert.deepEqual(others, []);
    const { alerts } = (await checkedJson(
      daemon,
      "history",
      "history",
      "--rule",
      "calls",
      "--drills",
    )) as HistoryReport;
    assert.deepEqual(alerts.map(({ drill }) => String(drill)).toSorted(), ["false", "true"]);
    assert.deepEqual(await historyWhen(daemon, () => true, { receiver: "nobody" }), []);

    await daemon.stop();
    const { out, code, errors } = await bpfwarden(daemon, "history", "--rule", "calls");
    assert.equal(code, 0, errors);
    assert.match(out, /^\S+Z  warning  calls  fired for \S+$\n  Because: +value 3 >= 3$/m);
    assert.match(out, /^  Ended: +\S+Z: the rule was removed$/m);
    assert.match(out, /^  Notified: +hook, firing, at \S+Z: delivered at \S+Z$/m);
    assert.match(out, /^  Held back: +silence since \S+Z: silenced until/m);
  },
);

kernelTest("the report sums up alerts and messages, and names rules that never fired", async () => {
  await using sink = await WebhookSink.start();
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\n`;
  const rules = { "rule.yaml": countingRule("calls", WHO, 3), "quiet.yaml": countingRule("quiet", WHO, 1000) };
  await using daemon = await DaemonProcess.start({ rules, settings });
  call(WHO, 3);
  await historyWhen(daemon, ([alert]) => alert?.notified[0]?.outcome === "delivered");
  const report = (await checkedJson(daemon, "report", "report")) as WeeklyReport;
  assert.deepEqual(report.neverFired, ["quiet"]);
  assert.deepEqual([report.alerts, report.rules[0]?.alertname, report.rules[0]?.firing], [1, "calls", 1]);
  assert.deepEqual(report.receivers, [{ receiver: "hook", delivered: 1, waiting: 0, failed: 0, dropped: 0 }]);
  await daemon.stop();
  const { out, code, errors } = await bpfwarden(daemon, "report", "--since", "1h");
  assert.equal(code, 0, errors);
  assert.match(out, /^1 alert from \S+Z to \S+Z\n\nRules, the noisiest first\n  RULE +ALERTS .*\n  calls +1 +1 /);
  assert.match(out, /^  hook +1 +0 +0 +0$/m);
  assert.match(out, /^No daemon runs: rules that never fired are not known\.$/m);
});
