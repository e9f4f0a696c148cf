import assert from "node:assert/strict";
import type { EventRecord, Sample } from "../../../daemon/sample/sample.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { takeScratch } from "../support/no-scratch.ts";
import { callGetppid } from "./host.ts";

const OURS = `pid == ${String(process.pid)}`;

interface Found extends Sample {
  readonly records: readonly EventRecord[];
}

/**
 * Returns the counts of a rule for three calls, while so many entries of its `scratch` are free.
 */
async function found(rule: object, free: number): Promise<Found> {
  const yaml = { rule: "none", probe: "tracepoint:syscalls:sys_enter_getppid", filter: OURS, ...rule };
  await using loaded = new LoadedRule(JSON.stringify(yaml));
  takeScratch(loaded, free);
  callGetppid(3);
  const records = loaded.records();
  return { ...(await loaded.sample()), records };
}

kernelTest("a path without room does not become a key", async () => {
  const short = await found({ by: { dir: "str(cwd, 64)" }, aggregate: "count()" }, 0);
  const long = await found({ by: { dir: "cwd" }, aggregate: "count()" }, 1);
  for (const { health, rows } of [short, long]) {
    assert.deepEqual(
      rows.map(({ labels, values }) => [labels["dir"], values[0]?.[0]]),
      [["…\\unreadable", 3]],
    );
    assert.equal(health.lost_scratch, 3);
  }
  const { rows } = await found({ by: { dir: "cwd" }, aggregate: "count()" }, 2);
  assert.deepEqual(
    rows.map(({ labels }) => labels["dir"]),
    [process.cwd()],
  );
});

kernelTest("distinct does not count a path without room", async () => {
  for (const [dir, free] of [
    ["cwd", 0],
    ["cwd", 1],
    ["str(cwd, 64)", 0],
  ] as const) {
    const { health, rows } = await found({ aggregate: { d: `distinct(${dir})`, n: "sum(1)" } }, free);
    assert.deepEqual([rows[0]?.values[0] ?? [], rows[0]?.values[1], health.lost_scratch], [[], [3], 3], dir);
  }
});

const SPAN = { from: "tracepoint:syscalls:sys_enter_getppid", to: "tracepoint:syscalls:sys_exit_getppid" };

kernelTest("a record marks a path without room as cut", async () => {
  const { records, health } = await found({ event: { dir: "cwd" } }, 1);
  assert.deepEqual(
    records.map(({ fields, truncated }) => [fields["dir"], truncated]),
    [1, 2, 3].map(() => ["", ["dir"]]),
  );
  assert.equal(health.lost_scratch, 3);
});

kernelTest("a path that a span had no room for does not become a key", async () => {
  const probe = { ...SPAN, keep: { dir: "str(cwd, 32)" } };
  const { rows } = await found({ probe, by: { dir: "dir" }, aggregate: "count()" }, 0);
  assert.deepEqual(
    rows.map(({ labels, values }) => [labels["dir"], values[0]?.[0]]),
    [["…\\unreadable", 3]],
  );
});

kernelTest("no span is found by a path without room", async () => {
  const [from, to] = [SPAN.from, SPAN.to].map((probe) => ({ probe, filter: OURS }));
  const { health, rows } = await found({ probe: { from, to, match: "str(cwd, 64)" }, aggregate: "count()" }, 0);
  assert.deepEqual([rows[0]?.values[0]?.[0] ?? 0, health.unknown], [0, 6]);
});

kernelTest("a path without room equals nothing", async () => {
  for (const [test, free] of [
    ['cwd == ""', 0],
    ["cwd == exe", 1],
    ['glob(str(cwd, 300), "")', 1],
  ] as const) {
    const { health, rows } = await found({ filter: `${OURS} and ${test}`, aggregate: "count()" }, free);
    assert.deepEqual([rows[0]?.values[0]?.[0] ?? 0, health.lost_scratch], [0, 3], test);
  }
});
