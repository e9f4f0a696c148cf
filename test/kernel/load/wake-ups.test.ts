import assert from "node:assert/strict";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import type { WakeReader } from "../../../bpf/load/wake-reader.ts";
import { kernelWithout } from "../compile/host.ts";
import { startCallers, type Callers } from "../loads/getppid-on-all-cpus.ts";
import { kernelTest } from "../privilege.ts";
import { build, hostKernel } from "../support/loaded-rule.ts";

/** Loads a rule that wakes its reader, and runs `body` with it. */
async function waking(
  aggregate: string,
  body: (wakes: WakeReader, callers: Callers) => Promise<void>,
  kernel: Kernel = hostKernel,
): Promise<void> {
  await using callers = startCallers();
  using generations = openGenerations();
  const { checked } = build(`${callers.rule}${aggregate}`);
  await using object = loadObject(compileProgram({ ...checked, wakes: true }, kernel), generations);
  assert.ok(object.wakes);
  await body(object.wakes, callers);
}

const total = ({ values }: { readonly values: readonly (readonly bigint[] | undefined)[] }): bigint =>
  values[0]?.[0] ?? 0n;

kernelTest("the reader is woken once the slack of a count is used up, and not before", async (context) => {
  await waking("aggregate: count()", async (wakes, callers) => {
    wakes.give(20_000n, undefined);
    const made = await callers.call(1000);
    assert.deepEqual(wakes.woken(), []);
    const peeked = wakes.peek(0);
    assert.equal(total(peeked), BigInt(made));
    assert.ok(peeked.granted >= total(peeked));
    await callers.call(20_000);
    assert.equal(wakes.woken().length, 1);
    context.diagnostic(`${total(wakes.peek(0))} counted, ${wakes.peek(0).granted} granted`);
  });
});

kernelTest("the last events before a small slack is used up are counted one by one", async () => {
  await waking("aggregate: count()", async (wakes, callers) => {
    const each = 5;
    const cpus = await callers.call(1);
    // a CPU that asked when there was no slack asks again at the second event, not at the next
    assert.equal(wakes.peek(0).granted, BigInt(2 * cpus));
    wakes.give(BigInt(each * cpus), undefined);
    await callers.call(each);
    assert.deepEqual(wakes.woken(), []);
    await callers.call(1);
    assert.equal(wakes.woken().length, 1);
  });
});

kernelTest("programs of a kernel without atomic exchange wake the reader, too", async () => {
  await waking(
    "by: {key: key}\naggregate: count()",
    async (wakes, callers) => {
      wakes.give(10n, undefined);
      await callers.call(1000);
      const keys = wakes.woken();
      // without an exchange, several CPUs may send the same wake-up at once
      assert.ok(keys.length >= 1 && keys.length <= hostKernel.possibleCpus, String(keys.length));
    },
    kernelWithout("atomic_fetch"),
  );
});

kernelTest("a key that is new has the slack of new keys, and each key wakes the reader once", async () => {
  await waking("by: {key: key}\naggregate: count()", async (wakes, callers) => {
    wakes.give(10n, undefined);
    const cpus = await callers.call(4, 4);
    wakes.give(1_000_000n, Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0]));
    await callers.call(40_000, 4);
    const keys = wakes.woken().map((key) => key[0]);
    assert.deepEqual(
      keys.toSorted((a = 0, b = 0) => a - b),
      [0, 1, 3],
    );
    assert.equal(
      total(wakes.peekKey(0, Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0])) ?? { values: [] }),
      BigInt(10_000 * (cpus / 4) + cpus / 4),
    );
    assert.equal([...wakes.peekKeys(0)].length, 4);
  });
});

kernelTest("the reader is woken by the first value that reaches the limit of a max", async () => {
  await waking("aggregate: max(key)", async (wakes, callers) => {
    wakes.give(7n, undefined);
    await callers.call(1000, 7);
    assert.deepEqual(wakes.woken(), []);
    await callers.call(1000, 8);
    assert.equal(wakes.woken().length, 1);
    assert.deepEqual(wakes.peek(0).values, [[7n, 1n]]);
  });
});
