import assert from "node:assert/strict";
import { test } from "node:test";
import { STACKS } from "../../../bpf/compile/object-spec.ts";
import { hex, type Symbols } from "../../../bpf/kernel/symbols/symbols.ts";
import { stackNames } from "../../../daemon/sample/stack-names.ts";

/** An entry of the map `stacks` with one frame of a process. */
function entry(address: bigint): Uint8Array {
  const bytes = new Uint8Array(STACKS.framesOffset + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(STACKS.pidOffset, 7, true);
  view.setUint32(STACKS.frameBytesOffset, 8, true);
  view.setBigUint64(STACKS.framesOffset, address, true);
  return bytes;
}

/** Stacks of the ids 2 and up, whose functions are known when `answer` is called. */
function slowStacks() {
  let nowMs = 0;
  const waiting: ((lines: readonly string[] | undefined) => void)[] = [];
  const symbols: Symbols = {
    kernel: hex,
    user: () => new Promise((resolve) => waiting.push(resolve)),
  };
  const stacks = stackNames(
    (id) => entry(0x1000n * id),
    symbols,
    () => nowMs,
  );
  const answer = async (lines: readonly string[] | undefined): Promise<void> => {
    waiting.shift()?.(lines);
    await new Promise(setImmediate);
  };
  return { stacks, answer, asked: () => waiting.length, pass: (ms: number) => (nowMs += ms) };
}

test("a stack is waited for until its functions are known, and is looked up once", async () => {
  const { answer, asked, stacks } = slowStacks();
  assert.deepEqual([stacks.isNamed(2n), stacks.isNamed(2n), asked()], [false, false, 1]);
  await answer(["work+3"]);
  assert.equal(stacks.isNamed(2n), true);
  assert.deepEqual(stacks.frames(2n), ["work+3"]);
});

test("names that arrive after a stack was shown do not change its label", async () => {
  const { answer, pass, stacks } = slowStacks();
  assert.equal(stacks.isNamed(2n), false);
  pass(2_000);
  assert.equal(stacks.isNamed(2n), true);
  assert.deepEqual(stacks.frames(2n), ["0x2000"]);
  await answer(["work+3"]);
  assert.deepEqual(stacks.frames(2n), ["0x2000"]);
});

test("a stack that cannot be read is shown by its addresses, and not looked up again", async () => {
  const { answer, asked, stacks } = slowStacks();
  stacks.isNamed(3n);
  await answer(undefined);
  assert.deepEqual([stacks.isNamed(3n), stacks.frames(3n), asked()], [true, ["0x3000"], 0]);
});

test("lookups of very many stacks are limited", () => {
  const { asked, stacks } = slowStacks();
  for (let id = 2n; id < 2_002n; id++) stacks.isNamed(id);
  assert.equal(asked(), 512);
  assert.equal(stacks.isNamed(2_001n), true);
});

test("a stack whose functions cannot be looked up is shown by its addresses", async () => {
  const stacks = stackNames(
    () => entry(0x2000n),
    { kernel: hex, user: () => Promise.reject(new Error("a fault of ours")) },
    () => 0,
  );
  assert.equal(stacks.isNamed(2n), false);
  await stacks.settled();
  assert.deepEqual([stacks.isNamed(2n), stacks.frames(2n)], [true, [hex(0x2000n)]]);
});
