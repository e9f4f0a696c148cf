import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { NamedProgram } from "../support/named-program.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink, type ReceivedAlert } from "../support/webhook-sink.ts";

const run = promisify(execFile);

kernelTest("the alert of a process that has gone ends, while one that stays fires on", async () => {
  using gone = new NamedProgram(`gone-${process.pid}`, "/bin/sleep");
  using staying = new NamedProgram(`stay-${process.pid}`, "/bin/sleep");
  await using sink = await WebhookSink.start();
  const rule = `rule: slow-naps
probe:
  from: tracepoint:syscalls:sys_enter_clock_nanosleep
  to: tracepoint:syscalls:sys_exit_clock_nanosleep
filter: comm in ["${gone.name}", "${staying.name}"]
by: [comm]
aggregate: histogram(elapsed)
window: 3s
threshold: p99(value) > 20ms
`;
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: hook}
notify: {group_wait: 0s, group_interval: 1s}
tick: 100ms
`;
  await using _ = await DaemonProcess.start({ rules: { "naps.yaml": rule }, settings });
  const notificationsOf = ({ name }: NamedProgram): ReceivedAlert | undefined =>
    sink.received.flatMap(({ body }) => body.alerts.filter(({ labels }) => labels["comm"] === name)).at(-1);
  let isOver = false;
  const naps = (async () => {
    while (!isOver) await run(staying.path, ["0.05"]);
  })();
  try {
    await run(gone.path, ["0.1"]);
    await waitUntil("both to fire", () => [gone, staying].every((each) => notificationsOf(each)?.status === "firing"));
    await waitUntil("the end of the one that has gone", () => notificationsOf(gone)?.status === "resolved");
    assert.equal(notificationsOf(gone)?.reason, "no data for 3s");
    assert.equal(notificationsOf(staying)?.status, "firing");
  } finally {
    isOver = true;
    await naps;
  }
});
