import { readFileSync } from "node:fs";

/** A PMU that opens probes, as /sys/bus/event_source/devices/NAME describes it. */
export interface ProbePmu {
  /** value for perf_event_attr.type */
  readonly type: number;
  /** the bit of perf_event_attr.config that requests the function's return */
  readonly returnBit: bigint;
}

/** Reads a PMU. Throws if the kernel has no such PMU (CONFIG_UPROBE_EVENTS; 4.17 and later). */
export function probePmu(name: "uprobe" | "kprobe"): ProbePmu {
  const folder = `/sys/bus/event_source/devices/${name}`;
  return {
    type: Number(readFileSync(`${folder}/type`, "utf8")),
    returnBit: 1n << BigInt(parseFormatBit(readFileSync(`${folder}/format/retprobe`, "utf8"))),
  };
}

/**
 * Returns the number of the bit in a format.
 *
 * @param format such as `config:0`
 */
export function parseFormatBit(format: string): number {
  const bit = /^config:(\d+)$/.exec(format.trim())?.[1];
  if (bit === undefined) throw new Error(`expected a format such as "config:0", found ${JSON.stringify(format)}`);
  return Number(bit);
}
