import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ExplainedPart, ExplainReport } from "../../../daemon/api/explain/explain-report.ts";
import { call, countingRule } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { askUntil, bpfwarden, checkedJson, clientOf } from "../support/ask-daemon.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const WHO = 1_900_000_201;

function start(sink: WebhookSink): Promise<DaemonProcess> {
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\n`;
  const rules = {
    "calls.yaml": `${countingRule("calls", WHO, 3).replace("aggregate:", "by: [comm]\naggregate:")}keep_firing: 5m\n`,
    "waits.yaml": `${countingRule("waits", WHO, 1)}for: 1h\n`,
    "quiet.yaml": countingRule("quiet", WHO, 1000),
  };
  return DaemonProcess.start({ rules, settings });
}

/** Returns the sentences of the first explained alert, by what they are about. */
async function explained(daemon: DaemonProcess, name: string): Promise<Readonly<Record<string, string>>> {
  const [first] = (await clientOf(daemon).explain(name, [])).alerts;
  return Object.fromEntries(
    (first?.parts ?? []).map(({ about, sentences }: ExplainedPart) => [about, sentences.join(" ")]),
  );
}

kernelTest(
  "explain says what is counted, why an alert fires, what was lost, who was notified and what ends it",
  async () => {
    await using sink = await WebhookSink.start();
    await using daemon = await start(sink);
    const before = await explained(daemon, "calls");
    assert.match(before["why"] ?? "", /Because: nothing was counted in the window\./);
    call(WHO, 3);
    const text = await askUntil(
      "the delivery",
      async () => explained(daemon, "calls"),
      ({ notified = "" }) => notified.includes("the message was delivered"),
    );
    assert.match(text["state"] ?? "", /^It fires as warning since \S+Z, for /);
    assert.match(
      text["counted"] ?? "",
      /^It counts count\(\) at tracepoint:syscalls:sys_enter_getpriority\. Only events count for which this holds: pid == \d+ and args\.who == 1900000201\. Each comm is counted by itself\. Beyond 10000 of them, /,
    );
    assert.match(
      text["counted"] ?? "",
      /It counts over the last 10m\. The event that crosses the threshold decides it at once\./,
    );
    assert.match(
      text["why"] ?? "",
      /^It is warning if value >= 3\. Because: value 3 >= 3\. .*compared with 3\. Its worst value was 3/,
    );
    assert.match(text["unseen"] ?? "", /Only \S+% of the window has been watched so far\./);
    assert.match(
      text["notified"] ?? "",
      /^hook was notified at \S+Z that it fires; the message was delivered at \S+Z\.$/,
    );
    assert.match(
      text["end"] ?? "",
      /^It ends when value >= 3 no longer holds\. It then goes on for 5m \(keep_firing\)\. /,
    );
    await clientOf(daemon).addSilence({ matchers: ["calls"], for: "1h", author: "ada", comment: "at work" });
    assert.match(
      (await explained(daemon, "calls"))["notified"] ?? "",
      /It is held back now \(silence\): silenced until \S+ by ada: at work\./,
    );

    const waits = await explained(daemon, "waits");
    assert.match(waits["state"] ?? "", /^It is pending: its threshold holds, but not yet for long enough\.$/);
    assert.match(waits["why"] ?? "", /That must hold for 1h\./);
    const quiet = await explained(daemon, "quiet");
    assert.equal(quiet["state"], "It does not fire.");
    assert.match(quiet["notified"] ?? "", /^If it fires, hook will be notified/);

    rmSync(join(daemon.folder, "rules.d/calls.yaml"));
    const over = await askUntil(
      "its end",
      async () => explained(daemon, "calls"),
      ({ state = "" }) => state.includes("is over"),
    );
    assert.equal(over["end"], "It ended because: the rule was removed.");
    assert.match(over["notified"] ?? "", /^hook was notified/);
    const report = (await checkedJson(daemon, "explain", "explain", "calls", "severity=warning")) as ExplainReport;
    assert.deepEqual(
      report.alerts.map(({ state }) => state),
      ["ended"],
    );
    const shown = await bpfwarden(daemon, "explain", "waits");
    assert.match(shown.out, /^waits\n  It is pending: .*\n\nWhat it counts\n  It counts count\(\) at /);
    const unknown = await bpfwarden(daemon, "explain", "cals");
    assert.equal(unknown.code, 1);
    assert.match(unknown.errors, /no alert has the name "cals"/);
  },
);
