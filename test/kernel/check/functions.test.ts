import assert from "node:assert/strict";
import { connect, createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { build, LoadedRule } from "../support/loaded-rule.ts";
import { callGetppid, GETPPID } from "../compile/host.ts";

const OURS = `args.id == ${String(GETPPID)} and pid == ${String(process.pid)}`;

/** Returns the values of expressions at one getppid(2) of this process. */
async function valuesOf(event: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
  const rule = { rule: "functions", probe: "tracepoint:raw_syscalls:sys_enter", filter: OURS, event };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  callGetppid(1);
  const [record] = loaded.records();
  assert.ok(record !== undefined, "no record");
  return record.fields;
}

kernelTest("numbers are shown by their meaning", async () => {
  const zero = `(args.id - ${String(GETPPID)})`;
  const values = await valuesOf({
    call: "args.id",
    failed: `errno(${zero} - 2)`,
    read: `errno(${zero} + 2)`,
    signal: `signal(${zero} + 9)`,
    device: `device(${zero} + 0x800001)`,
    mode: `mode(${zero} + 0x1ed)`,
  });
  assert.deepEqual(values, {
    call: "getppid",
    failed: "ENOENT",
    read: 2,
    signal: "SIGKILL",
    device: "8:1",
    mode: "0755",
  });
});

kernelTest("indexes, containers and scalar functions are computed in the kernel", async () => {
  const zero = `(args.id - ${String(GETPPID)})`;
  const comm = readFileSync("/proc/self/comm", "utf8");
  const values = await valuesOf({
    second: `task.comm[${zero} + 1]`,
    beyond: `task.comm[${zero} + 16]`,
    argument: `args.args[${zero} + 7]`,
    self: `container_of(task.se, "task_struct", "se").pid`,
    least: `least(${zero} - 3, 5)`,
    greatest: `greatest(${zero} - 3, 5)`,
    abs: `abs(${zero} - 3)`,
    swapped: `bswap(cast(${zero} + 0x01020304, "u32"))`,
  });
  assert.deepEqual(values, {
    second: comm.charCodeAt(1),
    beyond: 0,
    argument: 0,
    self: process.pid,
    least: -3,
    greatest: 5,
    abs: 3,
    swapped: 0x04030201,
  });
});

kernelTest("a symbol of the kernel is at its address in kallsyms, and can be read", async () => {
  const line = readFileSync("/proc/kallsyms", "utf8").match(/^([0-9a-f]+) . vfs_read$/m);
  const values = await valuesOf({
    at: 'kaddr("vfs_read")',
    first: 'cast(kaddr("vfs_read"), "unsigned int *")[0] != 0',
    cgroup: "cgroup",
  });
  assert.equal(values["at"], `0x${line?.[1] ?? "0"}`);
  assert.equal(values["first"], true);
  const version2 = readFileSync("/proc/self/cgroup", "utf8").match(/^0::(.*)$/m)?.[1];
  if (version2 !== undefined && existsSync("/sys/fs/cgroup/cgroup.controllers"))
    assert.equal(values["cgroup"], version2);
});

for (const host of ["127.0.0.1", "::1"]) {
  kernelTest(`the address and port of a connect are those that the process passed: ${host}`, async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const rule = {
      rule: "connects",
      probe: "tracepoint:syscalls:sys_enter_connect",
      filter: `pid == ${String(process.pid)} and port(args.uservaddr) == ${String(port)}`,
      event: { to: "address(args.uservaddr)", local: `address(args.uservaddr) in [127.0.0.0/8, ::1]` },
    };
    await using loaded = new LoadedRule(JSON.stringify(rule));
    const socket = connect(port, host);
    await once(socket, "close");
    server.close();
    assert.deepEqual(
      loaded.records().map(({ fields }) => fields),
      [{ to: host, local: true }],
    );
  });
}

kernelTest("a point in time that is cast is a number of nanoseconds since boot", async () => {
  const before = uptimeNs();
  const { age, started } = await valuesOf({
    age: 'cast(now, "u64") - task.group_leader.start_boottime',
    started: "task.group_leader.start_boottime",
  });
  const at = Number(age) + Number(started);
  assert.ok(before - UPTIME_STEP_NS <= at && at <= uptimeNs() + UPTIME_STEP_NS, `${at} is not since ${before}`);
});

const UPTIME_STEP_NS = 1e7;

function uptimeNs(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e9;
}

kernelTest("a Unix socket has no port", () => {
  const filter = 'port(cast(args.uservaddr, "sockaddr_un")) == 80';
  const rule = { rule: "ports", probe: "tracepoint:syscalls:sys_enter_connect", filter, aggregate: "count()" };
  assert.throws(() => build(JSON.stringify(rule)), /a Unix socket has a path and no port/);
});
