import { setTimeout } from "node:timers/promises";
import type { LoadedObject } from "../../../bpf/load/loaded-object.ts";
import { measureRuns } from "../../../bpf/load/cost-meter.ts";
import { readRules } from "../../rules/read-rules.ts";
import { type LoadHost, loadRule } from "../load-rule.ts";

const BARE = { windowMs: 60_000, keyLimit: 1, ringBytes: 1 << 16, leavesOutSelf: false };

export interface CountingHost extends LoadHost {
  readonly nowMs: () => number;
}

/**
 * Counts for a while how often probes fire on this host, with programs that do nothing else.
 *
 * @param probes lists of probes as rules spell them, such as `tracepoint:tcp:tcp_retransmit_skb`;
 *   all probes of one list are counted together
 * @returns hits per second by list; undefined for one that cannot be counted
 */
export async function countHits(
  probes: readonly (readonly string[])[],
  host: CountingHost,
  lengthMs: number,
): Promise<readonly (number | undefined)[]> {
  await using all = new AsyncDisposableStack();
  const objects = probes.map((list) => loadBare(list, host));
  for (const object of objects) if (object !== undefined) all.use(object);
  using _ = measureRuns();
  const before = objects.map((object) => object?.totals().runCount ?? 0n);
  const beganMs = host.nowMs();
  await setTimeout(lengthMs);
  const seconds = (host.nowMs() - beganMs) / 1000;
  return objects.map((object, index) =>
    object === undefined ? undefined : Number(object.totals().runCount - (before[index] ?? 0n)) / seconds,
  );
}

function loadBare(probes: readonly string[], host: LoadHost): LoadedObject | undefined {
  const text = `rule: bare-count\nprobe: ${JSON.stringify(probes)}\naggregate: count()\n`;
  const [rule] = readRules({ path: "bare-count.yaml", text }, BARE).rules;
  return rule && loadRule(rule, host).result?.object;
}
