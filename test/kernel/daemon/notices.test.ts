import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, countingRule, judged, MARKS, notificationsOf, reloaded } from "./call-rules.ts";

const WHO = 1_900_000_031;
const BROKEN = "rule: calls\nprobe: [\n";

function start(sink: WebhookSink): Promise<DaemonProcess> {
  const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\nnotify: {group_interval: 200ms}\n`;
  return DaemonProcess.start({
    rules: { "marks.yaml": `${MARKS}action: file\n`, "rule.yaml": countingRule("calls", WHO, 3) },
    settings,
  });
}

kernelTest("a broken rule file is notified once, also over a restart, and resolved when it is repaired", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  const file = join(daemon.folder, "rules.d/rule.yaml");
  daemon.writeRule("rule.yaml", BROKEN);
  const told = await waitUntil("the notice", () => sink.alerts("BpfwardenRuleFileBroken", "firing")[0]);
  assert.equal(told.labels["file"], file);
  assert.match(told.annotations["summary"] ?? "", /rule\.yaml:\d+:\d+: .*what ran of it runs on as it was: calls/);
  call(WHO, 3);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "calls"), ["firing 3"], "the old version goes on");

  await daemon.restart("SIGKILL");
  await judged(daemon);
  assert.equal(sink.alerts("BpfwardenRuleFileBroken").length, 1, "not told anew");
  const lost = await waitUntil("that the rule does not run", () => sink.alerts("BpfwardenRuleNotRunning", "firing")[0]);
  assert.deepEqual([lost.labels["rule"], lost.labels["file"]], ["calls", file]);
  assert.deepEqual(sink.alerts("calls", "resolved"), [], "nobody knows whether it would fire");

  daemon.writeRule("rule.yaml", countingRule("calls", WHO, 3));
  await waitUntil("its end", () => sink.alerts("BpfwardenRuleFileBroken", "resolved").length === 1);
  await waitUntil("the other end", () => sink.alerts("BpfwardenRuleNotRunning", "resolved").length === 1);
});

kernelTest("a notice whose cause ended while no daemon ran is resolved, and not notified as new", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  daemon.writeRule("rule.yaml", BROKEN);
  await waitUntil("the notice", () => sink.alerts("BpfwardenRuleFileBroken", "firing")[0]);
  await judged(daemon);
  await daemon.restart("SIGTERM", () => rmSync(join(daemon.folder, "rules.d/rule.yaml")));
  await waitUntil("its end", () => sink.alerts("BpfwardenRuleFileBroken", "resolved").length === 1);
  assert.equal(sink.alerts("BpfwardenRuleFileBroken").length, 2);
  assert.deepEqual(sink.alerts("BpfwardenRuleNotRunning"), []);
});

kernelTest("a deleted state folder is reported and written again completely", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  call(WHO, 3);
  await waitUntil("the page", () => sink.alerts("calls", "firing")[0]);
  await judged(daemon);
  rmSync(join(daemon.folder, "state"), { recursive: true });
  await waitUntil("the notice", () => sink.alerts("BpfwardenStateReplaced", "firing")[0]);
  await judged(daemon);
  await daemon.restart("SIGKILL");
  await judged(daemon);
  assert.equal(sink.alerts("calls").length, 1, "what was told is not told again");
  await waitUntil("its end", () => sink.alerts("BpfwardenStateReplaced", "resolved")[0]);
});

kernelTest(
  "repaired settings are reported to the receivers that were notified of the fault, and to no others",
  async () => {
    await using sink = await WebhookSink.start();
    await using other = await WebhookSink.start();
    await using daemon = await start(sink);
    const file = join(daemon.folder, "bpfwarden.yaml");
    const whole = readFileSync(file, "utf8");
    const withOther = whole
      .replace("[file, hook]", "[file, other]")
      .replace("hook: {", `other: {webhook: {url: "${other.url}"}}, hook: {`);
    const ends = async (count: number): Promise<void> => {
      await waitUntil("its end", () => sink.alerts("BpfwardenSettingsBroken", "resolved").length === count);
    };
    writeFileSync(file, "actions: [");
    await waitUntil("the notice", () => sink.alerts("BpfwardenSettingsBroken", "firing").length === 1);
    writeFileSync(file, withOther);
    await ends(1);
    await reloaded(daemon, () => writeFileSync(file, whole));
    writeFileSync(file, "actions: [");
    await waitUntil("the notice", () => sink.alerts("BpfwardenSettingsBroken", "firing").length === 2);
    await daemon.restart("SIGTERM", () => writeFileSync(file, withOther));
    await ends(2);
    await judged(daemon);
    assert.deepEqual(other.alerts("BpfwardenSettingsBroken"), []);
  },
);

kernelTest("an unreadable database at the start is reported with its new place", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  const database = join(daemon.folder, "state", "state.db");
  await daemon.restart("SIGTERM", () => {
    for (const end of ["-wal", "-shm"]) rmSync(`${database}${end}`, { force: true });
    writeFileSync(database, Buffer.alloc(50_000, "not a database "));
  });
  const notice = await waitUntil("the notice", () => sink.alerts("BpfwardenStateReplaced", "firing")[0]);
  assert.match(JSON.stringify(notice), /state\.db\.corrupt-/);
});

kernelTest("messages that an earlier process left are sent after the state can be opened", async () => {
  await using sink = await WebhookSink.start();
  const settings = (
    url: string,
  ): string => `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${url}"}}}
defaults: {action: hook}\ntick: 100ms\n`;
  await using daemon = await DaemonProcess.start({
    rules: { "marks.yaml": `${MARKS}action: file\n`, "rule.yaml": countingRule("calls", WHO + 1, 3) },
    settings: settings("http://127.0.0.1:1/"),
  });
  call(WHO + 1, 3);
  await judged(daemon);
  const [state, away] = ["state", "away"].map((name) => join(daemon.folder, name)) as [string, string];
  await daemon.restart("SIGKILL", () => {
    writeFileSync(join(daemon.folder, "bpfwarden.yaml"), settings(sink.url));
    renameSync(state, away);
    writeFileSync(state, "");
  });
  await judged(daemon);
  assert.deepEqual(sink.alerts("calls"), []);
  rmSync(state);
  renameSync(away, state);
  await waitUntil("the page", () => sink.alerts("calls", "firing")[0]);
});

kernelTest("notifications of an earlier process are known after the state can be opened", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  call(WHO, 3);
  await waitUntil("the page", () => sink.alerts("calls", "firing")[0]);
  await judged(daemon);
  const [state, away] = ["state", "away"].map((name) => join(daemon.folder, name)) as [string, string];
  await daemon.restart("SIGKILL", () => {
    renameSync(state, away);
    writeFileSync(state, "");
  });
  await judged(daemon);
  rmSync(state);
  renameSync(away, state);
  await daemon.until("the state", (output) => output.includes("state is kept again"));
  call(WHO, 3);
  await judged(daemon);
  assert.equal(sink.alerts("calls", "firing").length, 1, "it was told before");
  await daemon.restart("SIGKILL", () => rmSync(join(daemon.folder, "rules.d/rule.yaml")));
  const end = await waitUntil("the end", () => sink.alerts("calls", "resolved")[0]);
  assert.match(JSON.stringify(end), /the rule was removed/);
});
