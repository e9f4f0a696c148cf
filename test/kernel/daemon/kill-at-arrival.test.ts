import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call } from "./call-rules.ts";

const FIRST = 1_900_200_000;
const KILLS = 4;

const RULE = `rule: arrived
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${FIRST} and args.who < ${FIRST + KILLS}
by: {who: args.who}
aggregate: count()
window: 2s
threshold: value > 0
`;

kernelTest(
  "a daemon that is killed when its message arrives notifies of the end, also in a log beside it",
  async () => {
    await using sink = await WebhookSink.start();
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}, lines: {log: {path: alerts.jsonl}}}
defaults: {action: [hook, lines]}\ntick: 200ms\nstate_dir: state\nnotify: {group_by: "...", group_interval: 300ms}\n`;
    await using daemon = await DaemonProcess.start({ rules: { "arrived.yaml": RULE }, settings });
    const statesOf = (who: string): readonly string[] =>
      sink.alerts("arrived").flatMap(({ labels, status }) => (labels["who"] === who ? [status] : []));
    for (let kill = 0; kill < KILLS; kill++) {
      const who = String(FIRST + kill);
      sink.fails = () => {
        sink.fails = () => false;
        daemon.signal("SIGKILL");
        return "connection";
      };
      // Not in step with the tick.
      await sleep((kill * 137) % 200);
      call(Number(who));
      await waitUntil("the kill", () => daemon.exit);
      await daemon.restart("SIGKILL");
      await waitUntil("the end", () => statesOf(who).includes("resolved"), 20_000);
      assert.deepEqual(statesOf(who), ["firing", "resolved"]);
    }
  },
);
