import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Dialogue } from "../support/c-program.ts";
import { thisGuest } from "../../vm/features.ts";
import { connectFromLeft, tcpClient } from "../loads/tcp-client.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { shippedRule } from "../support/daemon-process.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NetworkPair } from "../support/network-pair.ts";
import { waitUntil } from "../support/wait-until.ts";

const RECEIVER = join(import.meta.dirname, "../loads/tcp-receiver.ts");
const PORT = 7078;

const SIDES = ["left", "right"] as const;
type Side = (typeof SIDES)[number];
type Family = "v4" | "v6";

/**
 * A number that the kernel counts in one side's stack, as nstat(8) shows it: in `/proc/net/snmp`
 * and `netstat`.
 */
function stackCount(network: NetworkPair, side: Side, name: string): number {
  const lines = network.run(side, "cat", ["/proc/net/snmp", "/proc/net/netstat"]).split("\n");
  const names = lines.findIndex((line) => line.split(" ").includes(name));
  return Number(lines[names + 1]?.split(" ")[lines[names]?.split(" ").indexOf(name) ?? -1]);
}

function retransmittedSegments(network: NetworkPair, side: Side): number {
  return stackCount(network, side, "RetransSegs");
}

/**
 * The totals that `ss -tin` shows as `retrans:NOW/TOTAL`, and whether anything still waits for its
 * acknowledgement.
 */
function socketOf(network: NetworkPair, side: Side): { readonly total: number; readonly waits: boolean } {
  const filter = side === "left" ? `dport = :${PORT}` : `sport = :${PORT}`;
  const line = network.run(side, "ss", ["-tinH", filter]);
  return { total: Number(/retrans:\d+\/(\d+)/.exec(line)?.[1] ?? 0), waits: /unacked:|SYN-/.test(line) };
}

/** Segments of the one connection as each side sent them again, by what the rule counted. */
interface Counted {
  readonly sent: number;
  readonly refused: number;
}

async function countedBySide(rule: LoadedRule, network: NetworkPair): Promise<Readonly<Record<Side, Counted>>> {
  const totals = { left: { sent: 0, refused: 0 }, right: { sent: 0, refused: 0 } };
  const names = rule.built.object.layout.aggregates.map(({ aggregate }) => aggregate.name) as ("sent" | "refused")[];
  const { rows } = await rule.sample();
  for (const { labels, values } of rows) {
    const side = labels["dport"] === String(PORT) ? "left" : labels["sport"] === String(PORT) ? "right" : undefined;
    if (side === undefined) continue;
    const other = side === "left" ? "right" : "left";
    const ends = network.addresses;
    assert.ok(Object.values(ends[side]).includes(labels["saddr"] as never), JSON.stringify(labels));
    assert.ok(Object.values(ends[other]).includes(labels["daddr"] as never), JSON.stringify(labels));
    for (const [index, name] of names.entries()) totals[side][name] += values[index]?.[0] ?? 0;
  }
  return totals;
}

type Change = (network: NetworkPair) => void;

/** The means of a case between the two sides. */
interface Stage {
  readonly network: NetworkPair;
  readonly connect: (fast?: boolean) => Dialogue;
  /** Resolves when a side has sent three segments again since its stack is there. */
  readonly sentAgain: (side: Side) => Promise<void>;
}

/**
 * Plays a case, waits until all is acknowledged, and gives what the rule counted, once it is held
 * against ss and nstat of both sides.
 */
async function holdAgainstTruth(
  family: Family,
  play: (stage: Stage) => Promise<Dialogue>,
): Promise<Readonly<Record<Side, Counted>>> {
  using network = new NetworkPair(`bwt${family}`);
  using program = tcpClient();
  for (const side of SIDES) network.run(side, "sysctl", ["-q", "net.ipv4.tcp_fastopen=1543"]);
  const receiver = spawn("ip", ["netns", "exec", network.right, process.execPath, RECEIVER, String(PORT)]);
  try {
    await once(receiver.stdout, "data");
    await using rule = new LoadedRule(shippedRule("tcp-retransmits"));
    await using _client = await play({
      network,
      connect: (fast) => connectFromLeft(network, program, network.addresses.right[family], PORT, fast),
      sentAgain: async (side) => {
        await waitUntil("segments to be sent again", () => retransmittedSegments(network, side) >= 3, 30_000);
      },
    });
    await waitUntil("all to be acknowledged", () => !SIDES.some((side) => socketOf(network, side).waits), 30_000);
    const found = await countedBySide(rule, network);
    for (const side of SIDES) {
      const total = found[side].sent + found[side].refused;
      assert.equal(total, retransmittedSegments(network, side), `${side}: as nstat shows`);
      // A request that was given up and made anew counts for the connection, but not in the total
      // of the socket that came of it.
      const shown = socketOf(network, side).total;
      assert.ok(thisGuest === undefined ? total === shown : total >= shown, `${side}: ${total}, ss shows ${shown}`);
    }
    return found;
  } finally {
    receiver.kill();
  }
}

suite("tcp-retransmits counts the segments of ss and nstat", { skip: skipWithoutBpf }, () => {
  // An emulated processor takes minutes for each.
  for (const family of thisGuest === undefined ? (["v4", "v6"] as const) : (["v4"] as const)) {
    const filter = (what: "-A" | "-D", chain: string): readonly string[] =>
      `-w ${what} ${chain} -p tcp -j DROP`.split(" ");
    const table = family === "v4" ? "iptables" : "ip6tables";
    const changed = (network: NetworkPair, what: "-A" | "-D", chain: "INPUT" | "OUTPUT"): void =>
      void network.run("left", table, filter(what, chain));

    for (const fast of [false, true])
      test(`answers to a request for a connection${fast ? " with data in it" : ""}, over ${family}`, async () => {
        const { right } = await holdAgainstTruth(family, async ({ network, connect, sentAgain }) => {
          changed(network, "-A", "INPUT");
          const client = connect(fast);
          if (fast) await client.hear();
          const told = fast ? client.ask("3000") : client.hear();
          await sentAgain("right");
          changed(network, "-D", "INPUT");
          await told;
          return client;
        });
        assert.ok(right.sent >= 3 && right.refused === 0, JSON.stringify(right));
      });

    test(`segments that this host's own firewall refuses, over ${family}`, async () => {
      const { left } = await holdAgainstTruth(family, async ({ network, connect, sentAgain }) => {
        const client = connect();
        await client.hear();
        changed(network, "-A", "INPUT");
        await client.ask("3000");
        changed(network, "-A", "OUTPUT");
        await sentAgain("left");
        for (const chain of ["OUTPUT", "INPUT"] as const) changed(network, "-D", chain);
        return client;
      });
      assert.ok(left.refused > 0, JSON.stringify(left));
    });
  }

  /**
   * Sends while nothing goes out, and waits for two attempts that come to nothing before they
   * count.
   */
  async function holdAttempts(family: Family, attempts: string, stop: Change, go: Change): Promise<void> {
    const { left } = await holdAgainstTruth(family, async ({ network, connect }) => {
      const client = connect();
      await client.hear();
      stop(network);
      await client.ask("6000");
      await waitUntil("attempts to send again", () => stackCount(network, "left", attempts) >= 2);
      go(network);
      return client;
    });
    assert.equal(left.refused, 0);
  }

  test("an attempt while the first copy still waits in this host does not count", async () => {
    const slow = "qdisc add dev bwtv4l root tbf rate 8kbit burst 1600 limit 100000".split(" ");
    await holdAttempts(
      "v4",
      "TCPSpuriousRtxHostQueues",
      (network) => network.run("left", "tc", slow),
      (network) => network.run("left", "tc", ["qdisc", "del", "dev", "bwtv4l", "root"]),
    );
  });
});
