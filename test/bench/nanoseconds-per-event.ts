import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { enableRunStatistics } from "libbpf-ts";
import { bpftraceContender } from "./bpftrace-contender.ts";
import { bpfwardenContender } from "./bpfwarden-contender.ts";
import { clangContender } from "./clang-contender.ts";
import type { Contender } from "./contender.ts";
import { median } from "./median.ts";

/** The same question asked in three ways. */
interface Case {
  readonly name: string;
  /** what follows the name of the rule; absent where only the C program is run */
  readonly rule?: string;
  readonly bpftrace?: string;
  readonly c: string;
  /** the most that a run should cost, as part of bpftrace's cost */
  readonly aim?: number;
  /** the number of programs that a call runs; 1 if not given */
  readonly programs?: number;
}

const PROBE = "tracepoint:syscalls:sys_enter_getppid";
const EXIT = "tracepoint:syscalls:sys_exit_getppid";

const CASES: readonly Case[] = [
  { name: "nothing (the clock of the statistics)", c: "empty.bpf.c" },
  {
    name: "`count()`",
    rule: `probe: ${PROBE}\naggregate: count()`,
    bpftrace: `${PROBE} { @ = count(); }`,
    c: "count.bpf.c",
    aim: 0.5,
  },
  {
    name: "`count()` by tid",
    rule: `probe: ${PROBE}\nby: [tid]\naggregate: count()`,
    bpftrace: `${PROBE} { @[tid] = count(); }`,
    c: "count-by-tid.bpf.c",
    aim: 0.5,
  },
  {
    name: "`count()` by comm",
    rule: `probe: ${PROBE}\nby: [comm]\naggregate: count()`,
    bpftrace: `${PROBE} { @[comm] = count(); }`,
    c: "count-by-comm.bpf.c",
    aim: 0.6,
  },
  {
    name: "`histogram(tid)`",
    rule: `probe: ${PROBE}\naggregate: histogram(tid)`,
    bpftrace: `${PROBE} { @ = hist(tid); }`,
    c: "histogram.bpf.c",
    aim: 0.4,
  },
  {
    name: "a span by thread, `histogram(elapsed)`",
    rule: `probe: {from: ${PROBE}, to: ${EXIT}}\naggregate: histogram(elapsed)`,
    bpftrace: `${PROBE} { @start[tid] = nsecs; }
${EXIT} /@start[tid]/ { @ = hist(nsecs - @start[tid]); delete(@start[tid]); }`,
    c: "span.bpf.c",
    aim: 0.4,
    programs: 2,
  },
  {
    name: "a filter that rejects, by comm",
    rule: `probe: ${PROBE}\nfilter: comm == "nobody"\naggregate: count()`,
    bpftrace: `${PROBE} /comm == "nobody"/ { @ = count(); }`,
    c: "reject.bpf.c",
    aim: 0.7,
  },
  {
    name: "an event of 64 bytes",
    rule: `probe: ${PROBE}
event: {pid: pid, tid: tid, uid: uid, gid: gid, comm: comm, cgroup: cgroup, now: now, cpu: cpu}`,
    bpftrace: `${PROBE} {
  printf("%d %d %d %d %s %d %d %d\\n", pid, tid, uid, gid, comm, cgroup, nsecs, cpu);
}`,
    c: "event-64.bpf.c",
    aim: 0.7,
  },
];

const CALLS = 20_000;
const LOAD = join(import.meta.dirname, "getppid-load.ts");

export interface Measured {
  readonly name: string;
  readonly aim: number | undefined;
  /**
   * by contender: median nanoseconds that a call takes of its programs, the clock of the statistics
   * included
   */
  readonly nanoseconds: ReadonlyMap<string, number>;
  /** how many programs a call runs, and so how many clocks are in that */
  readonly programs: number;
}

/**
 * BPF run statistics of each contender, attached one at a time, in turn, `rounds` times; a case as
 * soon as it is measured.
 */
export async function* nanosecondsPerEvent(rounds: number): AsyncGenerator<Measured, void> {
  using _ = enableRunStatistics();
  const load = await startLoad();
  for (const each of CASES) {
    const contenders = contendersOf(each);
    const runs = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) runs.get(contender.name)?.push(await measure(contender, load.calls));
    }
    const nanoseconds = new Map([...runs].map(([name, values]) => [name, median(values)]));
    yield { name: each.name, aim: each.aim, nanoseconds, programs: each.programs ?? 1 };
  }
  load.end();
}

function contendersOf({ rule, bpftrace, c }: Case): readonly Contender[] {
  const all = [rule && bpfwardenContender(rule), bpftrace && bpftraceContender(bpftrace), clangContender(c)];
  return all.filter((contender) => typeof contender === "object");
}

async function measure(contender: Contender, calls: () => Promise<void>): Promise<number> {
  await using attached = await contender.attach();
  await calls();
  const before = attached.info();
  await calls();
  const after = attached.info();
  return Number(after.runTimeNs - before.runTimeNs) / CALLS;
}

/** A process that calls getppid(2) as often as requested. */
async function startLoad(): Promise<{ readonly calls: () => Promise<void>; readonly end: () => void }> {
  const child = spawn(process.execPath, [LOAD, String(CALLS)], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    async calls() {
      child.stdin.write("\n");
      await once(child.stdout, "data");
    },
    end: () => child.stdin.end(),
  };
}
