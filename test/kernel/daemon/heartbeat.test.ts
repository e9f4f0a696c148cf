import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { reloaded } from "./call-rules.ts";

const RULE = "rule: forks\nprobe: tracepoint:sched:sched_process_fork\naggregate: count()\n";

kernelTest("heartbeats come while the rules are whole, and stop while a file has an error", async () => {
  await using sink = await WebhookSink.start();
  const settings = `actions: {dead-man: {webhook: {url: "${sink.url}"}}}\nheartbeat: {action: dead-man, every: 1s}\n`;
  await using daemon = await DaemonProcess.start({ rules: { "forks.yaml": RULE }, settings });
  await waitUntil("two heartbeats", () => sink.received.length > 1);
  const [first] = sink.received;
  assert.equal(first?.body.alerts[0]?.labels["alertname"], "BpfwardenHeartbeat");
  await reloaded(daemon, () => daemon.writeRule("broken.yaml", "rule: ["));
  await daemon.until("the heartbeats to stop", (output) => /no heartbeats are sent: 1 file has errors/.test(output));
  await sleep(500);
  const before = sink.received.length;
  await sleep(3000);
  assert.equal(sink.received.length, before);
  await reloaded(daemon, () => rmSync(join(daemon.folder, "rules.d/broken.yaml")));
  await waitUntil("a heartbeat", () => sink.received.length > before);
});
