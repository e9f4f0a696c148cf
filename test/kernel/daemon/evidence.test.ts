import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, MARKS, recordingRule } from "./call-rules.ts";

const WHO = 1_900_000_021;

kernelTest("the last records of the key are sent with its alert, and not by themselves", async () => {
  await using sink = await WebhookSink.start();
  const rule = `${recordingRule("both", WHO).replace(`and args.who == ${WHO}`, `and args.who in ${WHO}..${WHO + 1}`)}by: {who: args.who}
aggregate: count()
window: 10m
threshold: value >= 7
for: 100ms
evidence: 3
`;
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}, file: {log: {path: alerts.jsonl}}}
defaults: {action: [hook, file]}\ntick: 100ms\n`;
  await using daemon = await DaemonProcess.start({
    rules: { "marks.yaml": `${MARKS}action: file\n`, "rule.yaml": rule },
    settings,
  });
  call(WHO, 5);
  call(WHO + 1, 4);
  call(WHO, 2);
  await waitUntil("the alert", () => sink.alerts("both", "firing")[0]);
  const body = sink.received.find(({ body: { alerts } }) =>
    alerts.some(({ labels }) => labels["alertname"] === "both"),
  );
  const [alert] = body?.body.alerts ?? [];
  const { evidence, topKeys } = alert as unknown as {
    readonly evidence: readonly { readonly fields: Readonly<Record<string, unknown>> }[];
    readonly topKeys: readonly { readonly value: number }[];
  };
  assert.deepEqual(
    evidence.map(({ fields }) => fields["who"]),
    [WHO, WHO, WHO],
  );
  assert.deepEqual(
    topKeys.map(({ value }) => value),
    [7, 4],
  );
  const ofRule = (): readonly Readonly<Record<string, unknown>>[] =>
    daemon.lines("alerts.jsonl").filter(({ rule: name }) => name === "both");
  await waitUntil("the line in the log", () => ofRule()[0]);
  const logged = ofRule();
  assert.equal(logged.length, 1);
  const [{ evidence: inLog } = {}] = logged;
  assert.ok(Array.isArray(inLog) && inLog.length === 3);
});
