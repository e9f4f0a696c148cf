import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { alertsOf, call, countingRule, judged, MARKS } from "./call-rules.ts";

const WHO = 1_900_000_031;
const MARKS_TO_FILE = `${MARKS}action: file\n`;

kernelTest("an alert follows the routes, and is not sent while it is inhibited or its rule is muted", async () => {
  await using first = await WebhookSink.start();
  await using second = await WebhookSink.start();
  const settings = `actions:
  file: {log: {path: alerts.jsonl}}
  one: {webhook: {url: "${first.url}"}}
  two: {webhook: {url: "${second.url}"}}
defaults: {action: one}
tick: 100ms
route:
  - {match: team="db", action: two, continue: true}
  - {match: [team="db", 'alertname=~"c.*"'], action: one}
inhibit:
  - {source: alertname="cause", target: alertname="consequence", equal: [team]}
`;
  const rules = {
    "marks.yaml": MARKS_TO_FILE,
    "cause.yaml": `${countingRule("cause", WHO, 1)}labels: {team: db}\n`,
    "consequence.yaml": `${countingRule("consequence", WHO, 2)}labels: {team: db}\n`,
    "plain.yaml": countingRule("plain", WHO, 1),
    "muted.yaml": `${countingRule("muted", WHO, 1)}mute: {hours: "00:00-24:00"}\n`,
  };
  await using daemon = await DaemonProcess.start({ rules, settings });
  call(WHO);
  await judged(daemon);
  await waitUntil("the cause at both", () => [first, second].every((sink) => sink.alerts("cause").length === 1));
  call(WHO);
  await judged(daemon);
  await waitUntil("the alert of no route", () => first.alerts("plain").length === 1);
  assert.equal(second.alerts("plain").length, 0);
  for (const sink of [first, second]) {
    assert.equal(sink.alerts("consequence").length, 0);
    assert.equal(sink.alerts("muted").length, 0);
  }
});

kernelTest("alerts of one group are sent together, and those over the budget are held back", async () => {
  await using sink = await WebhookSink.start();
  const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: hook}
tick: 100ms
notify: {group_by: [team], group_wait: 1s, group_interval: 200ms, budget: {rule: 2, action: 100}}
`;
  const grouped = [1, 2, 3].map((n) => `${countingRule(`grouped-${n}`, WHO, n)}labels: {team: db}\n`);
  const noisy = `rule: noisy
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who in ${WHO + 1}..${WHO + 9}
by: {who: args.who}
aggregate: count()
window: 10m
threshold: value > 0
labels: {team: web}
`;
  const rules = { "marks.yaml": MARKS_TO_FILE, "grouped.yaml": grouped.join("---\n"), "noisy.yaml": noisy };
  await using daemon = await DaemonProcess.start({ rules, settings });
  call(WHO, 3);
  const together = await waitUntil("the group", () => sink.received.find(({ body: { alerts } }) => alerts.length > 0));
  const names = new Set(together.body.alerts.map(({ labels }) => labels["alertname"]));
  assert.deepEqual(names, new Set(["grouped-1", "grouped-2", "grouped-3"]));

  const notificationsOf = (): number => new Set(sink.alerts("noisy").map(({ labels }) => labels["who"])).size;
  for (const who of [1, 2, 3, 4]) {
    call(WHO + who);
    await judged(daemon);
    if (who <= 2) await waitUntil(`page ${who}`, () => notificationsOf() === who);
  }
  await sleep(600);
  assert.equal(notificationsOf(), 2);
});

kernelTest("a daemon that was stopped for a time invents no alert and hides none", async () => {
  const rate = `rule: quick
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who == ${WHO + 20}
aggregate: count()
window: 1s
threshold: value >= 40
`;
  const total = countingRule("all", WHO + 20, 40);
  const settings = "actions: {file: {log: {path: alerts.jsonl}}}\ndefaults: {action: file}\ntick: 100ms\n";
  const rules = { "marks.yaml": MARKS, "quick.yaml": rate, "all.yaml": total };
  await using daemon = await DaemonProcess.start({ rules, settings });
  daemon.signal("SIGSTOP");
  // Ten a second: never forty in one.
  for (let n = 0; n < 40; n++) {
    call(WHO + 20);
    await sleep(100);
  }
  daemon.signal("SIGCONT");
  await judged(daemon);
  await sleep(500);
  assert.deepEqual(
    alertsOf(daemon, "quick").map(({ reason }) => reason),
    [],
  );
  assert.deepEqual(
    alertsOf(daemon, "all").map(({ alert }) => alert),
    ["firing"],
  );
});
