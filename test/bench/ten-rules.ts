import { LoadedRule } from "../kernel/support/loaded-rule.ts";
import { startTimedCalls, type TimedCalls } from "./timed-calls.ts";

/** Short enough that some of them are not interrupted. */
const CALLS = 10_000;
/** The first finds its keys and caches cold. */
const RUNS = 5;
const RULE = "rule: bench\nprobe: tracepoint:syscalls:sys_enter_getppid\nby: [comm]\naggregate: count()\n";

export interface TenRules {
  /** how long a call takes with ten rules, as a multiple of what it takes with one */
  readonly call: number;
  /** what ten rules add to a call, as a multiple of what one adds */
  readonly added: number;
}

/**
 * Measures the cost of ten rules by comm on one tracepoint for a system call, by the wall clock,
 * because the tracepoint itself is paid once. It takes the least of some rounds each, without a
 * rule, with one and with ten in turn: other programs can only add to it.
 */
export async function tenRules(rounds: number): Promise<TenRules> {
  await using calls = startTimedCalls();
  const least = new Map([0, 1, 10].map((count) => [count, Infinity]));
  for (let round = 0; round < rounds; round++) {
    for (const [count, before] of least) least.set(count, Math.min(before, await withRules(count, calls)));
  }
  const [none = NaN, one = NaN, ten = NaN] = least.values();
  return { call: ten / one, added: (ten - none) / (one - none) };
}

async function withRules(count: number, calls: TimedCalls): Promise<number> {
  await using rules = new AsyncDisposableStack();
  for (let index = 0; index < count; index++) rules.use(new LoadedRule(RULE));
  let leastNs = Infinity;
  for (let run = 0; run < RUNS; run++) leastNs = Math.min(leastNs, await calls.call(CALLS));
  return leastNs;
}
