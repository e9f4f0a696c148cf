import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const LOAD = join(import.meta.dirname, "../../bench/getppid-load.ts");
const PROCESSES = 3;
const CALLS = 1_000_000;

/** Counts what the processes call, and by whom. */
function rule(pids: readonly number[], by: string): string {
  return `rule: generations
probe: tracepoint:syscalls:sys_enter_getppid
filter: pid in [${pids.join(", ")}]
${by}aggregate: {calls: count(), pids: sum(pid)}
threshold: calls > 0
`;
}

kernelTest(`of ${PROCESSES * CALLS} calls none is lost or counted twice while generations change`, async (context) => {
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [LOAD, String(CALLS)], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  const pids = children.map(({ pid = -1 }) => pid);
  try {
    await Promise.all(children.map((child) => says(child, "ready")));
    await using keyed = new LoadedRule(rule(pids, "by: {caller: pid}\n"));
    await using unkeyed = new LoadedRule(rule(pids, ""));

    let isDone = false;
    const done = Promise.all(children.map((child) => says(child, "done"))).then(() => (isDone = true));
    for (const child of children) child.stdin.write("x");
    const [calls, sums, byPid] = [[0], [0], new Map<string | undefined, number>()];
    const take = async (): Promise<void> => {
      for (const row of (await keyed.sample()).rows) {
        const caller = row.labels["caller"];
        byPid.set(caller, (byPid.get(caller) ?? 0) + (row.values[0]?.[0] ?? 0));
      }
      for (const row of await unkeyed.totals()) {
        calls.push(row["calls"] ?? 0);
        sums.push(row["pids"] ?? 0);
      }
    };
    let flips = 0;
    for (; !isDone; flips++) {
      await take();
      await sleep(1);
    }
    await done;
    // Both generations, for what came after the last flip.
    await take();
    await take();

    const total = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0);
    assert.deepEqual(Object.fromEntries(byPid), Object.fromEntries(pids.map((pid) => [String(pid), CALLS])));
    assert.equal(total(calls), PROCESSES * CALLS);
    assert.equal(total(sums), total(pids) * CALLS);
    assert.ok(flips > 10, `only ${flips} flips`);
    context.diagnostic(`${flips} flips of each rule's generations`);
  } finally {
    for (const child of children) child.kill();
  }
});

/** Resolves when the process has written the word. */
async function says(child: ChildProcess, word: string): Promise<void> {
  for await (const text of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    if (String(text).includes(word)) return;
  }
}
