import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { callGetppid, GETPPID, kernel, kernelWithout } from "./host.ts";

const CALLS = `
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(int argc, char **argv) {
  for (int n = atoi(argv[1]); n > 0; n--) syscall(SYS_getppid);
  return 0;
}`;

const WITHOUT_SELF = { leavesOutSelf: true };
const HOSTS = [
  ["with the thread at hand", kernel],
  ["with copies of the thread", kernelWithout("current_task_btf", "task_storage")],
] as const;

/** Calls of getppid(2): 100 by this process, 10 by a child of it, 1 by a child of that. */
function callAtThreeLevels(program: CProgram): void {
  callGetppid(100);
  execFileSync(program.path, ["10"]);
  execFileSync("sh", ["-c", `"${program.path}" 1; true`]);
}

const counting = (filter: string, more = ""): string => `
rule: calls
probe: tracepoint:raw_syscalls:sys_enter
filter: args.id == ${String(GETPPID)} and (comm == "program" or pid == ${String(process.pid)})${filter}
aggregate: count()
${more}`;

for (const [name, host] of HOSTS) {
  kernelTest(`events of the reader of the counters and its children are left out, ${name}`, async () => {
    using program = new CProgram(CALLS);
    await using without = new LoadedRule(counting(""), undefined, host, WITHOUT_SELF);
    await using all = new LoadedRule(counting(""), undefined, host);
    await using asked = new LoadedRule(counting(" and self"), undefined, host, WITHOUT_SELF);
    callAtThreeLevels(program);
    // a shell may ask for its parent itself, under another name
    assert.deepEqual(await without.totals(), [{ value: 1 }]);
    assert.deepEqual(await all.totals(), [{ value: 111 }]);
    assert.deepEqual(await asked.totals(), [{ value: 110 }]);
  });
}

kernelTest("a rule that uses self in an event gets all events", async () => {
  using program = new CProgram(CALLS);
  const rule = counting("").replace("aggregate: count()", "event: {own: self, pid: pid}");
  await using loaded = new LoadedRule(rule, undefined, kernel, WITHOUT_SELF);
  callAtThreeLevels(program);
  const own = loaded.records().map(({ fields }) => fields["own"]);
  assert.deepEqual([own.filter((one) => one === true).length, own.filter((one) => one === false).length], [110, 1]);
});

kernelTest("spans begin only with events of other processes", async () => {
  using program = new CProgram(CALLS);
  const rule = `
rule: spans
probe:
  from: {probe: tracepoint:raw_syscalls:sys_enter, filter: args.id == ${String(GETPPID)}}
  to: tracepoint:raw_syscalls:sys_exit
  filter: {to: comm == "program" or pid == ${String(process.pid)}}
aggregate: count()
`;
  await using without = new LoadedRule(rule, undefined, kernel, WITHOUT_SELF);
  await using all = new LoadedRule(rule);
  callAtThreeLevels(program);
  assert.deepEqual(await without.totals(), [{ value: 1 }]);
  assert.deepEqual(await all.totals(), [{ value: 111 }]);
});

/** If the BTF of the kernel lacks per-CPU variables (5.10), nothing is left out at such probes. */
const tellsInterrupts = kernel.architecture === "aarch64" || kernel.btf.cpuVariableOffset("runqueues") !== undefined;

kernelTest("an interrupt of the reader is counted, its own events are not", async () => {
  const states = `
rule: states
probe: tracepoint:sock:inet_sock_set_state
filter: PORT in [args.sport, args.dport] and pid == ${String(process.pid)}
by: {state: args.newstate}
aggregate: count()
`;
  await using server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const rule = states.replace("PORT", String((server.address() as AddressInfo).port));
  await using without = new LoadedRule(rule, undefined, kernel, WITHOUT_SELF);
  await using all = new LoadedRule(rule);
  const [everything, rest] = [new Map<string, number>(), new Map<string, number>()];
  let connections = 0;
  // The call itself sends the SYN. A softirq takes it for the listener at the end of the same call,
  // or on a busy host a thread of the kernel does.
  while (connections < 100 && !everything.has("TCP_SYN_RECV")) {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").resume();
    await once(socket, "close");
    connections++;
    await addTo(everything, all);
    await addTo(rest, without);
  }
  assert.deepEqual([everything.get("TCP_SYN_SENT"), everything.get("TCP_SYN_RECV")], [connections, 1]);
  const ownEvents = tellsInterrupts ? undefined : connections;
  assert.deepEqual([rest.get("TCP_SYN_SENT"), rest.get("TCP_SYN_RECV")], [ownEvents, 1]);
});

/** Adds what a rule has counted by state since the last call. */
async function addTo(counts: Map<string, number>, loaded: LoadedRule): Promise<void> {
  for (const { labels, values } of (await loaded.sample()).rows) {
    const state = labels["state"] ?? "";
    counts.set(state, (counts.get(state) ?? 0) + (values[0]?.[0] ?? 0));
  }
}

kernelTest("samples of a CPU and choices of the scheduler are counted for any running process", async () => {
  const rules = ["profile:199hz", "tracepoint:sched:sched_switch"].map(
    (probe) => `\nrule: samples\nprobe: ${probe}\nfilter: pid == ${String(process.pid)}\naggregate: count()\n`,
  );
  for (const rule of rules) {
    await using loaded = new LoadedRule(rule, undefined, kernel, WITHOUT_SELF);
    const until = performance.now() + 300;
    while (performance.now() < until) callGetppid(100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [row] = await loaded.totals();
    assert.ok((row?.["value"] ?? 0) > 0, rule);
  }
});
