import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contender.ts";

interface ListedProgram {
  readonly id: number;
  readonly type: string;
  readonly name?: string;
  readonly run_time_ns?: number;
}

/** A bpftrace script on getppid(2). Undefined where bpftrace or bpftool is not installed. */
export function bpftraceContender(script: string): Contender | undefined {
  if (!isInstalled("bpftrace") || !isInstalled("bpftool")) return undefined;
  return {
    name: "bpftrace",
    async attach() {
      const before = new Set(tracepointPrograms().map(({ id }) => id));
      const child = spawn("bpftrace", ["-e", script], { stdio: ["ignore", "ignore", "pipe"] });
      const ids = await newPrograms(before, script.split("tracepoint:").length - 1);
      return {
        info: () => runStatistics(ids),
        async [Symbol.asyncDispose]() {
          // It may miss one that comes right before it begins to wait for events.
          const asking = setInterval(() => child.kill("SIGINT"), 200);
          child.kill("SIGINT");
          await once(child, "exit");
          clearInterval(asking);
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
async function newPrograms(before: ReadonlySet<number>, count: number): Promise<readonly number[]> {
  for (;;) {
    const found = tracepointPrograms().filter(({ id, name }) => name?.startsWith("sys_") && !before.has(id));
    await sleep(100);
    if (found.length >= count) return found.map(({ id }) => id);
  }
}

function runStatistics(ids: readonly number[]): { readonly runTimeNs: bigint } {
  const all = tracepointPrograms().filter(({ id }) => ids.includes(id));
  return { runTimeNs: BigInt(all.reduce((total, { run_time_ns = 0 }) => total + run_time_ns, 0)) };
}
