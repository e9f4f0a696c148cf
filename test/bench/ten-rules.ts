import { GETPPID } from "../kernel/compile/host.ts";
import { RulesTogether } from "../kernel/support/rules-together.ts";
import { startTimedCalls, type TimedCalls } from "./timed-calls.ts";

/** Short enough that some of them are not interrupted. */
const CALLS = 5_000;
/** The first finds its keys and caches cold. */
const RUNS = 12;
const COUNT = 10;

const byComm = (index: number): string =>
  `rule: bench_${index}\nprobe: tracepoint:syscalls:sys_enter_getppid\nby: [comm]\naggregate: count()\n`;

/** Ten different rules at the entry of all system calls. Most of them match each call. */
const different = (pid: number): readonly string[] =>
  [
    [`args.id == ${GETPPID}`, "count()"],
    [`pid == ${pid}`, "count()"],
    ["uid == 0", "sum(args.id)"],
    ['comm == "timed-calls"', "count()"],
    [`args.id in [1, 2, ${GETPPID}]`, "max(args.id)"],
    ["args.id < 50", "count()"],
    ["uid != 0", "count()"],
    [`gid == 0 and args.id == ${GETPPID}`, "count()"],
    ["pid != 1 and uid == 0", "avg(args.id)"],
    ['starts_with(comm, "tim")', "count()"],
  ].map(
    ([filter = "", aggregate = ""], index) =>
      `rule: bench_${index}\nprobe: tracepoint:raw_syscalls:sys_enter\nfilter: ${filter}\naggregate: ${aggregate}\n`,
  );

/** The time that ten rules add to a system call, as a multiple of the time that one adds. */
export interface TenRules {
  readonly alone: number;
  /** with their programs joined */
  readonly fused: number;
}

interface Compared {
  readonly byComm: TenRules;
  readonly different: TenRules;
}

/**
 * Measures the cost of ten rules on one tracepoint for a system call, by the wall clock, because
 * the tracepoint itself is paid once. It takes the least of some rounds each, without a rule, with
 * one and with ten in turn: other programs can only add to it.
 */
export async function tenRules(rounds: number): Promise<Compared> {
  await using calls = startTimedCalls();
  return {
    byComm: await compare(
      Array.from({ length: COUNT }, (_, index) => byComm(index)),
      calls,
      rounds,
      1,
    ),
    different: await compare(different(calls.pid), calls, rounds, COUNT),
  };
}

/** @param singles how many of the rules are measured alone, for the average of one */
async function compare(
  texts: readonly string[],
  calls: TimedCalls,
  rounds: number,
  singles: number,
): Promise<TenRules> {
  const ones = texts.slice(0, singles).map((text) => new Measured([text], false));
  const [none, alone, fused] = [new Measured([], false), new Measured(texts, false), new Measured(texts, true)];
  for (let round = 0; round < rounds; round++) {
    for (const each of [none, ...ones, alone, fused]) await each.measure(calls);
  }
  const one = ones.reduce((sum, { leastNs }) => sum + leastNs - none.leastNs, 0) / ones.length;
  return { alone: (alone.leastNs - none.leastNs) / one, fused: (fused.leastNs - none.leastNs) / one };
}

class Measured {
  readonly #texts: readonly string[];
  readonly #fuses: boolean;
  leastNs = Infinity;

  constructor(texts: readonly string[], fuses: boolean) {
    this.#texts = texts;
    this.#fuses = fuses;
  }

  async measure(calls: TimedCalls): Promise<void> {
    await using rules = new RulesTogether(this.#fuses);
    await rules.load(Object.fromEntries(this.#texts.map((text, index) => [String(index), text])));
    for (let run = 0; run < RUNS; run++) this.leastNs = Math.min(this.leastNs, await calls.call(CALLS));
  }
}

export function tenRulesLines({ byComm: same, different: unlike }: Compared): readonly string[] {
  const line = (name: string, { alone, fused }: TenRules): string =>
    `ten rules ${name} on one tracepoint add ${fused.toFixed(1)} times what one adds; with a program each, ${alone.toFixed(1)} times`;
  return [line("by comm", same), line("with different filters", unlike)];
}

/** `node packaging/setup/run.mjs test/bench/ten-rules.ts ROUNDS` */
if (import.meta.main) {
  for (const line of tenRulesLines(await tenRules(Number(process.argv[2] ?? 20)))) console.log(line);
}
