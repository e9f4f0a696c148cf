import { readFileSync } from "node:fs";

/** A PMU through which probes are opened, as /sys/bus/event_source/devices/NAME describes it. */
export interface ProbePmu {
  /** for perf_event_attr.type */
  readonly type: number;
  /** the bit of perf_event_attr.config that asks for the function's return */
  readonly returnBit: bigint;
}

/** Throws where the kernel has no such PMU (CONFIG_UPROBE_EVENTS; 4.17 and later). */
export function probePmu(name: "uprobe" | "kprobe"): ProbePmu {
  const folder = `/sys/bus/event_source/devices/${name}`;
  return {
    type: Number(readFileSync(`${folder}/type`, "utf8")),
    returnBit: 1n << BigInt(parseFormatBit(readFileSync(`${folder}/format/retprobe`, "utf8"))),
  };
}

/** @param format such as `config:0` */
export function parseFormatBit(format: string): number {
  const bit = /^config:(\d+)$/.exec(format.trim())?.[1];
  if (bit === undefined) throw new Error(`expected a format such as "config:0", found ${JSON.stringify(format)}`);
  return Number(bit);
}
