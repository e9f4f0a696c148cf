import assert from "node:assert/strict";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { decodeKey } from "../../../daemon/sample/decode-key.ts";
import { checked, type ProbeText } from "../../bpf/check/rule.ts";
import { NAMES } from "../../daemon/sample/columns.ts";
import { kernelTest } from "../privilege.ts";
import { kernel, kernelWithout } from "./host.ts";
import { runRule } from "./run-rule.ts";

/**
 * Counts by `key` at probes of this process, while it calls getppid three times and umask six
 * times: reading the mask takes two.
 */
async function countsBy(key: string, probe: ProbeText, on: Kernel = kernel): Promise<Record<string, bigint>> {
  const program = checked(
    { signals: { value: { probe, filter: `pid == ${process.pid}`, aggregate: "count()" } }, by: { key } },
    on,
  );
  const { health, rows } = await runRule(program, callBoth, on);
  assert.deepEqual([health.faulted, health.lost_keys], [0n, 0n]);
  const layout = compileProgram(program, on).layout.key;
  assert.ok(layout !== undefined);
  return Object.fromEntries(
    rows.map((row): [string, bigint] => {
      const decoded = decodeKey(layout, row.key, NAMES);
      return [String(Object.values(decoded)[0]), row.values[0]?.[0] ?? 0n];
    }),
  );
}

function callBoth(): void {
  for (let call = 0; call < 3; call++) void process.ppid;
  for (let call = 0; call < 2; call++) process.umask(process.umask());
}

const CALLS: ProbeText = { probe: "tracepoint:syscalls:sys_enter_*", except: ["sys_enter_f*", "*wait*"] };

for (const [title, on] of [
  ["one program that knows its probes by their cookies", kernel],
  ["a program for each probe", kernelWithout("attach_cookie")],
] as const) {
  kernelTest(`each probe that a pattern matches is counted under its name: ${title}`, async () => {
    const getting = { probe: "tracepoint:syscalls:sys_enter_getp*id", except: ["*getpgid", "*getpid"] };
    const named = await countsBy("func", { any: [getting, "tracepoint:syscalls:sys_enter_u*k"] }, on);
    assert.deepEqual(named, { sys_enter_getppid: 3n, sys_enter_umask: 6n });
    const spelled = await countsBy("probe", getting, on);
    assert.deepEqual(spelled, { "tracepoint:syscalls:sys_enter_getppid": 3n });
  });
}

kernelTest("a pattern is one program if no expression asks for the name", () => {
  const program = checked({ signals: { value: { probe: CALLS, aggregate: "count()" } } }, kernel);
  const { maps, programs } = compileProgram(program, kernel);
  // A call of 32-bit programs only, as arm64 has some, has a tracepoint of its own and no number
  // here: another kind of attach.
  const kinds = new Set(programs.map(({ attach }) => attach[0]?.kind));
  assert.equal(programs.length, kinds.size);
  assert.equal(
    maps.some(({ name }) => name === "probe_names"),
    false,
  );
  assert.ok(programs.reduce((sum, { attach }) => sum + attach.length, 0) > 50);
});
