import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contender.ts";

interface ListedProgram {
  readonly id: number;
  readonly type: string;
  readonly run_time_ns?: number;
  readonly run_cnt?: number;
}

/** A bpftrace one-liner on getppid(2). Undefined where bpftrace or bpftool is not installed. */
export function bpftraceContender(action: string): Contender | undefined {
  if (!isInstalled("bpftrace") || !isInstalled("bpftool")) return undefined;
  return {
    name: "bpftrace",
    async attach() {
      const before = new Set(tracepointPrograms().map(({ id }) => id));
      const script = `tracepoint:syscalls:sys_enter_getppid { ${action} }`;
      const child = spawn("bpftrace", ["-e", script], { stdio: ["ignore", "ignore", "pipe"] });
      const id = await newProgram(before);
      return {
        info: () => runStatistics(id),
        async [Symbol.asyncDispose]() {
          child.kill("SIGINT");
          await once(child, "exit");
        },
      };
    },
  };
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function tracepointPrograms(): readonly ListedProgram[] {
  const listed = JSON.parse(execFileSync("bpftool", ["prog", "show", "-j"], { encoding: "utf8" })) as ListedProgram[];
  return listed.filter(({ type }) => type === "tracepoint");
}

/** Loaded is not yet attached: a little longer, so that the load finds it in place. */
async function newProgram(before: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const found = tracepointPrograms().find(({ id }) => !before.has(id));
    await sleep(100);
    if (found !== undefined) return found.id;
  }
}

function runStatistics(id: number): { readonly runTimeNs: bigint; readonly runCount: bigint } {
  const text = execFileSync("bpftool", ["prog", "show", "id", String(id), "-j"], { encoding: "utf8" });
  const { run_time_ns = 0, run_cnt = 0 } = JSON.parse(text) as ListedProgram;
  return { runTimeNs: BigInt(run_time_ns), runCount: BigInt(run_cnt) };
}
