import { setTimeout } from "node:timers/promises";
import type { LoadedObject } from "../../../bpf/load/loaded-object.ts";
import { measureRuns } from "../../../bpf/load/cost-meter.ts";
import { readRules } from "../../rules/read-rules.ts";
import { type LoadHost, loadRule } from "../load-rule.ts";

const BARE = { windowMs: 60_000, keyLimit: 1, ringBytes: 1 << 16, leavesOutSelf: false };

export interface CountingHost extends LoadHost {
  readonly nowMs: () => number;
}

/** Both a second. */
export interface Hits {
  readonly hits: number;
  /** a program at a system call runs at all of them */
  readonly runs: number;
}

/**
 * Counts for a while how often probes fire on this host, with programs that do nothing else.
 *
 * @param probes lists of probes as rules spell them, such as `tracepoint:tcp:tcp_retransmit_skb`;
 *   all probes of one list are counted together
 * @returns undefined for a list that cannot be counted
 */
export async function countHits(
  probes: readonly (readonly string[])[],
  host: CountingHost,
  lengthMs: number,
): Promise<readonly (Hits | undefined)[]> {
  await using all = new AsyncDisposableStack();
  const objects = probes.map((list) => loadBare(list, host));
  for (const object of objects) if (object !== undefined) all.use(object);
  using _ = measureRuns();
  await drainAll(objects, host);
  const before = objects.map((object) => object?.totals().runCount ?? 0n);
  const beganMs = host.nowMs();
  await setTimeout(lengthMs);
  const seconds = (host.nowMs() - beganMs) / 1000;
  const runs = objects.map((object, index) => (object?.totals().runCount ?? 0n) - (before[index] ?? 0n));
  const hits = await drainAll(objects, host);
  return objects.map((object, index) =>
    object === undefined
      ? undefined
      : { hits: Number(hits[index] ?? 0n) / seconds, runs: Number(runs[index] ?? 0n) / seconds },
  );
}

/** Takes what was counted since the last call. */
async function drainAll(
  objects: readonly (LoadedObject | undefined)[],
  { generations }: LoadHost,
): Promise<readonly bigint[]> {
  const idle = await generations.flip();
  return objects.map((object) => object?.drain(idle).unkeyed[0]?.[0] ?? 0n);
}

function loadBare(probes: readonly string[], host: LoadHost): LoadedObject | undefined {
  const all = JSON.stringify(probes.length === 1 ? probes[0] : { any: probes });
  const text = `rule: bare-count\nprobe: ${all}\naggregate: count()\n`;
  const [rule] = readRules({ path: "bare-count.yaml", text }, BARE).rules;
  return rule && loadRule(rule, host).result?.object;
}
