import type { PerfEvent } from "../../kernel/kernel.ts";

/** PERF_TYPE_* of include/uapi/linux/perf_event.h. */
const TYPE = { hardware: 0, software: 1, cache: 3, raw: 4 } as const;

/** PERF_COUNT_HW_* in order, by perf's names. One event can have several names. */
const HARDWARE: readonly (readonly string[])[] = [
  ["cpu-cycles", "cycles"],
  ["instructions"],
  ["cache-references"],
  ["cache-misses"],
  ["branch-instructions", "branches"],
  ["branch-misses"],
  ["bus-cycles"],
  ["stalled-cycles-frontend", "idle-cycles-frontend"],
  ["stalled-cycles-backend", "idle-cycles-backend"],
  ["ref-cycles"],
];

/** PERF_COUNT_SW_*. */
const SOFTWARE: readonly (readonly string[])[] = [
  ["cpu-clock"],
  ["task-clock"],
  ["page-faults", "faults"],
  ["context-switches", "cs"],
  ["cpu-migrations", "migrations"],
  ["minor-faults"],
  ["major-faults"],
  ["alignment-faults"],
  ["emulation-faults"],
];

/** PERF_COUNT_HW_CACHE_*. An event of a cache is cache | operation << 8 | result << 16. */
const CACHES = ["L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"] as const;
const CACHE_OPERATIONS = [
  ["load", "loads"],
  ["store", "stores"],
  ["prefetch", "prefetches"],
] as const;
const CACHE_RESULTS = ["accesses", "misses"] as const;

/**
 * Returns the events of caches by perf's names: `L1-dcache-loads` are accesses,
 * `L1-dcache-load-misses` misses.
 */
function* cacheEvents(): Iterable<readonly [string, PerfEvent]> {
  for (const [cache, name] of CACHES.entries()) {
    for (const [operation, [one, several]] of CACHE_OPERATIONS.entries()) {
      for (const result of CACHE_RESULTS.keys()) {
        const config = BigInt(cache | (operation << 8) | (result << 16));
        yield [result === 0 ? `${name}-${several}` : `${name}-${one}-misses`, { type: TYPE.cache, config }];
      }
    }
  }
}

function* numbered(type: number, events: readonly (readonly string[])[]): Iterable<readonly [string, PerfEvent]> {
  for (const [index, names] of events.entries()) {
    for (const name of names) yield [name, { type, config: BigInt(index) }];
  }
}

/** Events with names, in the order of `perf list`. */
export const PERF_EVENTS: ReadonlyMap<string, PerfEvent> = new Map([
  ...numbered(TYPE.hardware, HARDWARE),
  ...numbered(TYPE.software, SOFTWARE),
  ...cacheEvents(),
]);

/**
 * Finds an event by its name, or a raw event as in the processor's manual: `r` and hexadecimal
 * digits.
 */
export function findPerfEvent(name: string): PerfEvent | undefined {
  const raw = /^r([\da-fA-F]{1,16})$/.exec(name)?.[1];
  return PERF_EVENTS.get(name) ?? (raw === undefined ? undefined : { type: TYPE.raw, config: BigInt(`0x${raw}`) });
}

/** The clock of `profile` and `interval`: an hrtimer of a CPU. */
export const CPU_CLOCK: PerfEvent = { type: TYPE.software, config: 0n };
