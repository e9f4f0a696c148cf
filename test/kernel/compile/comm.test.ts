import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { nameThisThread } from "../support/libc.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { NO_SYMBOLS } from "../../../bpf/kernel/symbols/symbols.ts";
import { CALLED_WITH, callWith } from "../support/raw-syscall.ts";
import { kernelWithout } from "./host.ts";

const CALLS = 10;

/** Returns the number of this thread's calls that pass a filter. */
async function passed(filter: string, kernel = hostKernel): Promise<number | undefined> {
  const text = `rule: comm\n${CALLED_WITH.replace("filter: ", `filter: ${filter} and `)}\naggregate: count()\n`;
  await using rule = new LoadedRule(text, NO_SYMBOLS, kernel);
  for (let call = 0; call < CALLS; call++) callWith(0n);
  return (await rule.sample()).rows[0]?.values[0]?.[0];
}

for (const [name, kernel] of [
  ["where it stands", hostKernel],
  ["as the kernel copies it", kernelWithout("current_task_btf")],
] as const) {
  kernelTest(`the comm is compared whole, ${name}`, async () => {
    // fifteen characters, and then a shorter name over it, whose remains must not count
    for (const wanted of ["fifteen-letters", "fifteen"]) {
      const comm = nameThisThread(wanted);
      assert.equal(await passed(`comm == "${comm}"`, kernel), CALLS);
      assert.equal(await passed(`comm != "${comm}"`, kernel), 0);
      assert.equal(await passed(`comm == "${comm.slice(0, -1)}"`, kernel), 0);
      assert.equal(await passed(`comm == "fifteen-lettres"`, kernel), 0);
      assert.equal(await passed(`comm in ["nobody", "${comm}"]`, kernel), CALLS);
      assert.equal(await passed(`starts_with(comm, "fift") and comm == "${comm}"`, kernel), CALLS);
    }
  });
}
