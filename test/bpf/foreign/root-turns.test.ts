import assert from "node:assert/strict";
import { test } from "node:test";
import { RootTurns } from "../../../bpf/foreign/root-turns.ts";
import type { MountRoot } from "../../../bpf/kernel/processes/mount-roots.ts";

const rootsOf = (owner: string, from: number, to: number): readonly MountRoot[] =>
  Array.from({ length: to - from }, (_, index) => ({ key: `${owner} ${from + index}`, pids: [1] }));
const ownerOf = ({ key }: MountRoot): string => key.split(" ")[0] ?? "";

test("endless new roots of one owner do not delay known roots of others", () => {
  const turns = new RootTurns();
  const honest = rootsOf("honest", 0, 1);
  for (const { key } of turns.due(honest, false, ownerOf)) turns.looked(key, "a file");
  let seen = 0;
  for (let turn = 1; turn <= 64; turn++) {
    const due = turns.due([...rootsOf("hostile", 200 * turn, 200 * (turn + 1)), ...honest], false, ownerOf);
    assert.ok(due.length <= 64);
    for (const { key } of due) {
      if (key.startsWith("honest")) seen++;
      turns.looked(key, "a file");
    }
  }
  assert.ok(seen >= 5, String(seen));
});

test("a new root is looked at in the next turn, even if another owner has many", () => {
  const turns = new RootTurns();
  const hostile = rootsOf("hostile", 0, 1000);
  // Nothing is learned of them: they stay new.
  for (const { key } of turns.due(hostile, false, ownerOf)) turns.looked(key, undefined);
  const keys = turns.due([...hostile, ...rootsOf("honest", 0, 1)], false, ownerOf).map(({ key }) => key);
  assert.ok(keys.includes("honest 0"));
  assert.equal(keys.length, 64);
});
