import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { NetworkPair } from "../support/network-pair.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const RECEIVER = join(import.meta.dirname, "../loads/tcp-receiver.ts");
const SENDER = join(import.meta.dirname, "../loads/tcp-sender.ts");
const PORT = 7077;

/** The total that `ss -tin` shows as `retrans:NOW/TOTAL` for the one socket to our port. */
function retransmittedOf(ss: string): number {
  return Number(/retrans:\d+\/(\d+)/.exec(ss)?.[1] ?? 0);
}

for (const family of ["v4", "v6"] as const) {
  suite(`tcp-retransmits over ${family}`, { skip: skipWithoutBpf }, () => {
    test("the webhook names both ends, and its segments are those of ss", async () => {
      await using sink = await WebhookSink.start();
      const rule = shippedRule("tcp-retransmits").replace("value > 100", "value > 20");
      await using daemon = await DaemonProcess.start({
        rules: { "tcp-retransmits.yaml": rule },
        settings: `actions:\n  hook: {webhook: {url: "${sink.url}"}}\n  values: {log: {path: v.jsonl}}\ndefaults: {action: hook}\n`,
      });
      using network = new NetworkPair(`bw${family}`);
      network.dropIncoming(20);
      const receiver = spawn("ip", ["netns", "exec", network.right, process.execPath, RECEIVER, String(PORT)]);
      await once(receiver.stdout, "data");
      const peer = network.addresses.right[family];
      const sender = spawn("ip", ["netns", "exec", network.left, process.execPath, SENDER, peer, String(PORT)]);
      // The sender says when everything is acknowledged, and keeps its socket open until it is told to end.
      await once(sender.stdout, "data");
      const total = retransmittedOf(network.run("left", "ss", ["-tinH", `dport = :${PORT}`]));
      const firing = await waitUntil("the alert to fire", () => sink.alerts("tcp-retransmits", "firing").at(-1));
      assert.equal(firing.labels["saddr"], network.addresses.left[family]);
      assert.equal(firing.labels["daddr"], peer);
      assert.equal(firing.labels["dport"], String(PORT));
      assert.match(String(firing.labels["sport"]), /^\d+$/);
      sender.stdin.end();
      receiver.kill();
      assert.ok(total > 20, `expected drops to cause retransmits, found ${total}`);
      assert.ok(daemon.pid > 0);
    });
  });
}
