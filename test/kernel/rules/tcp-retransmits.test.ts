import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
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

type Family = "v4" | "v6";

interface Transfer {
  /** what `ss -tin` says of the socket when everything is acknowledged and it still is open */
  readonly retransmitted: number;
  readonly network: NetworkPair;
}

/**
 * Sends 8 MiB through a receiver that loses every 20th segment; `whileOpen` runs before the socket
 * is closed.
 */
async function transfer(family: Family, whileOpen: (transfer: Transfer) => Promise<void>): Promise<void> {
  using network = new NetworkPair(`bw${family}`);
  network.dropIncoming(20);
  const receiver = spawn("ip", ["netns", "exec", network.right, process.execPath, RECEIVER, String(PORT)]);
  await once(receiver.stdout, "data");
  const peer = network.addresses.right[family];
  const sender = spawn("ip", ["netns", "exec", network.left, process.execPath, SENDER, peer, String(PORT)]);
  try {
    await once(sender.stdout, "data");
    const retransmitted = retransmittedOf(network.run("left", "ss", ["-tinH", `dport = :${PORT}`]));
    assert.ok(retransmitted > 20, `expected drops to cause retransmits, found ${retransmitted}`);
    await whileOpen({ retransmitted, network });
  } finally {
    sender.stdin.end();
    receiver.kill();
  }
}

for (const family of ["v4", "v6"] as const) {
  suite(`tcp-retransmits over ${family}`, { skip: skipWithoutBpf }, () => {
    test("the segments are exactly those of ss", async () => {
      await using rule = new LoadedRule(shippedRule("tcp-retransmits"));
      await transfer(family, async ({ retransmitted, network }) => {
        const { rows } = await rule.sample();
        const saddr = network.addresses.left[family];
        // A socket of the test before may still be closing: its family is another one.
        const ours = rows.filter(({ labels }) => labels["saddr"] === saddr && labels["dport"] === String(PORT));
        assert.deepEqual(
          ours.map(({ labels }) => labels["daddr"]),
          [network.addresses.right[family]],
        );
        assert.equal(ours[0]?.values[0]?.[0], retransmitted);
      });
    });

    test("the webhook names both addresses and ports", async () => {
      await using sink = await WebhookSink.start();
      const text = shippedRule("tcp-retransmits").replace("segments > 100", "segments > 20");
      await using daemon = await DaemonProcess.start({
        rules: { "tcp-retransmits.yaml": text },
        settings: `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\n`,
      });
      assert.ok(daemon.pid > 0);
      await transfer(family, async ({ network }) => {
        const firing = await waitUntil("the alert to fire", () => {
          const fired = sink.alerts("tcp-retransmits", "firing");
          return fired.find(({ labels }) => labels["saddr"] === network.addresses.left[family]);
        });
        assert.equal(firing.labels["daddr"], network.addresses.right[family]);
        assert.equal(firing.labels["dport"], String(PORT));
        assert.match(String(firing.labels["sport"]), /^\d+$/);
      });
    });
  });
}
