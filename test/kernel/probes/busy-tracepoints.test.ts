import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { bootNs } from "../../../bpf/load/boot-ns.ts";
import { whileMapsAreRead } from "../loads/map-readers.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NetworkPair } from "../support/network-pair.ts";

/*
 * A rule at a tracepoint misses nothing of what one at the raw tracepoint counts, while programs of
 * the shipped rules run on each CPU all the time. Where both count whatever happens, they count
 * what happens between two moments, which each program looks up by itself.
 */

const LOADS = join(import.meta.dirname, "../loads");
const PORT = 7079;
const NS_PER_S = 1_000_000_000n;
/** until the host is busy, and for how long is counted then */
const [AHEAD_S, COUNTED_S] = [8n, 4n];

const SHIPPED = ["bash-audit", "page-cache-hit-ratio", "tcp-retransmits"];

/** A process on each CPU that reads a file in the page cache, 4 KiB a call. */
async function whileFilesAreRead(during: () => Promise<void>): Promise<void> {
  const path = join(tmpdir(), `busy-tracepoints-${process.pid}`);
  writeFileSync(path, Buffer.alloc(1 << 24));
  const loop = `while :; do dd if=${path} of=/dev/null bs=4096 status=none; done`;
  const readers = Array.from({ length: availableParallelism() }, (_, cpu) =>
    spawn("setpriv", ["--pdeathsig", "TERM", "taskset", "-c", String(cpu), "sh", "-c", loop], { detached: true }),
  );
  try {
    await during();
  } finally {
    const ended = readers.map((reader) => once(reader, "close"));
    for (const { pid } of readers) if (pid !== undefined) process.kill(-pid, "SIGKILL");
    await Promise.all(ended);
    rmSync(path);
  }
}

/** A connection whose receiver loses every fifth segment. */
async function sendAgain(): Promise<void> {
  using network = new NetworkPair("bwbusy");
  network.dropIncoming(5);
  const inSpace = (space: string, script: string, ...words: readonly string[]) =>
    spawn("ip", ["netns", "exec", space, process.execPath, join(LOADS, script), ...words]);
  const receiver = inSpace(network.right, "tcp-receiver.ts", String(PORT));
  await once(receiver.stdout, "data");
  const sender = inSpace(network.left, "tcp-sender.ts", network.addresses.right.v4, String(PORT));
  try {
    await once(sender.stdout, "data");
  } finally {
    sender.stdin.end();
    receiver.kill();
  }
}

type Kind = "tracepoint" | "rawtracepoint";

/**
 * A probe of both kinds, with a filter that reads of the record and of the arguments what is the
 * same.
 */
type Pair = Readonly<Record<Kind, { readonly probe: string; readonly filter: string }>>;

const PAIRS: readonly Pair[] = [
  {
    tracepoint: { probe: "tracepoint:irq:softirq_entry", filter: "args.vec < 10" },
    rawtracepoint: { probe: "rawtracepoint:softirq_entry", filter: "args.vec_nr < 10" },
  },
  {
    tracepoint: { probe: "tracepoint:timer:hrtimer_expire_entry", filter: "args.function != 0" },
    rawtracepoint: { probe: "rawtracepoint:hrtimer_expire_entry", filter: "args.hrtimer.function != 0" },
  },
];
const SENT_AGAIN: Pair = {
  tracepoint: { probe: "tracepoint:tcp:tcp_retransmit_skb", filter: `args.dport == ${PORT}` },
  rawtracepoint: {
    probe: "rawtracepoint:tcp_retransmit_skb",
    filter: `ntohs(args.sk.__sk_common.skc_dport) == ${PORT}`,
  },
};

function load(pair: Pair, kind: Kind, when: string): LoadedRule {
  const { probe, filter } = pair[kind];
  return new LoadedRule(JSON.stringify({ rule: kind, probe, filter: `${filter}${when}`, aggregate: "count()" }));
}

async function countOf(rule: LoadedRule): Promise<number> {
  return (await rule.sample()).rows[0]?.values[0]?.[0] ?? 0;
}

test("a busy host loses no event at a tracepoint", { skip: skipWithoutBpf }, async () => {
  const rules = Object.fromEntries(SHIPPED.map((name) => [`${name}.yaml`, shippedRule(name)]));
  await using _daemon = await DaemonProcess.start({ rules });
  await using loaded = new AsyncDisposableStack();
  const from = bootNs() + AHEAD_S * NS_PER_S;
  const to = from + COUNTED_S * NS_PER_S;
  const when = ` and cast(now, "u64") >= ${from} and cast(now, "u64") < ${to}`;
  const both = (pair: Pair, during: string): readonly LoadedRule[] =>
    (["rawtracepoint", "tracepoint"] as const).map((kind) => loaded.use(load(pair, kind, during)));
  const pairs = [...PAIRS.map((pair) => both(pair, when)), both(SENT_AGAIN, "")];
  const busy = async (): Promise<void> => {
    assert.ok(bootNs() < from, "what is counted began too early");
    await sendAgain();
    while (bootNs() <= to) await sleep(100);
  };
  await whileMapsAreRead(() => whileFilesAreRead(busy));
  const counts = await Promise.all(pairs.map((pair) => Promise.all(pair.map(countOf))));
  for (const [index, [raw = 0, counted = 0]] of counts.entries()) {
    assert.ok(raw >= 20, `only ${raw} events, of pair ${index}`);
    const tolerated = index === PAIRS.length ? 0 : Math.max(raw / 1000, 2 * availableParallelism());
    assert.ok(Math.abs(raw - counted) <= tolerated, `${counted} counted of ${raw}, of pair ${index}`);
  }
});
