import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { NamedProgram } from "./named-program.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Runs `during` while so many copies of a shell want the first CPU all the time. It gets their
 * ids, and begins after each has run.
 */
export async function spinning(
  shell: NamedProgram,
  copies: number,
  during: (pids: readonly number[]) => Promise<unknown>,
): Promise<void> {
  const words = ["--cpu-list", "0", shell.path, "-c", "while :; do :; done"];
  const children = Array.from({ length: copies }, () => spawn("taskset", words, { stdio: "ignore" }));
  try {
    await Promise.all(children.map((child) => once(child, "spawn")));
    const pids = children.map(({ pid }) => pid ?? -1);
    await waitUntil("all of them to spin", () => pids.every((pid) => commOf(pid) === shell.name));
    await untilRunNs(pids, 5e6);
    await during(pids);
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

/** Resolves when each of these threads has been put on a CPU so many more times. */
export async function untilTurns(pids: readonly number[], turns: number): Promise<void> {
  await untilMore(pids, 2, turns);
}

/** Resolves when each of these threads has run for so much longer. */
export async function untilRunNs(pids: readonly number[], ns: number): Promise<void> {
  await untilMore(pids, 0, ns);
}

async function untilMore(pids: readonly number[], column: number, more: number): Promise<void> {
  const before = pids.map((pid) => scheduled(pid, column));
  await waitUntil("programs to get the CPU", () =>
    pids.every((pid, index) => scheduled(pid, column) - (before[index] ?? 0) >= more),
  );
}

/**
 * `/proc/PID/schedstat`: time on a CPU and time waiting for one in nanoseconds, turns
 * (Documentation/scheduler/sched-stats.rst).
 */
function scheduled(pid: number, column: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[column]);
}

function commOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}
