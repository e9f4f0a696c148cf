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
  /** absent where only the C program is run */
  readonly rule?: string;
  readonly bpftrace?: string;
  readonly c: string;
}

const CASES: readonly Case[] = [
  { name: "nothing (the clock of the statistics)", c: "empty.bpf.c" },
  { name: "`count()`", rule: "aggregate: count()", bpftrace: "@ = count();", c: "count.bpf.c" },
  {
    name: "`count()` by comm",
    rule: "by: [comm]\naggregate: count()",
    bpftrace: "@[comm] = count();",
    c: "count-by-comm.bpf.c",
  },
  {
    name: "event of pid, uid, comm",
    rule: "event: {pid: pid, uid: uid, comm: comm}",
    bpftrace: 'printf("%d %d %s\\n", pid, uid, comm);',
    c: "event.bpf.c",
  },
];

const CALLS = 20_000;
const LOAD = join(import.meta.dirname, "getppid-load.ts");

export interface Measured {
  readonly name: string;
  /** by contender: median nanoseconds of a run of its program, the clock of the statistics included */
  readonly nanoseconds: ReadonlyMap<string, number>;
}

/** BPF run statistics of each contender, attached one at a time, in turn, `rounds` times. */
export async function nanosecondsPerEvent(rounds: number): Promise<readonly Measured[]> {
  using _ = enableRunStatistics();
  const load = await startLoad();
  const measured: Measured[] = [];
  for (const each of CASES) {
    const contenders = contendersOf(each);
    const runs = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) runs.get(contender.name)?.push(await measure(contender, load.calls));
    }
    measured.push({ name: each.name, nanoseconds: new Map([...runs].map(([name, values]) => [name, median(values)])) });
  }
  load.end();
  return measured;
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
  return Number(after.runTimeNs - before.runTimeNs) / Number(after.runCount - before.runCount);
}

/** A process that calls getppid(2) so often whenever it is told to. */
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
