import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import {
  ATTACH_TYPES,
  attach,
  createMap,
  loadProgram,
  mapIds as mapIdsOfHost,
  programIds,
  programInfo,
  type BpfMap,
  type LinkTarget,
  type ProgramOptions,
} from "libbpf-ts";
import { openHostKernel } from "../../../bpf/kernel/host-kernel.ts";
import { findTracefs } from "../../../bpf/kernel/tracefs.ts";
import { enableEvent, openPerfEvent, PERF_TYPE_TRACEPOINT, setProgram } from "../../../bpf/libbpf-ts/src/perf-event.ts";
import {
  add,
  and,
  call,
  copy,
  countInto,
  exit,
  HELPER,
  load64,
  loadMap,
  move,
  onlyThisProcess,
  program,
  skipIfEqual,
  store64,
  storeValue,
  sumOverCpus,
  u32,
} from "./assembler.ts";
import { lacking } from "../needs.ts";
import { kernelTest } from "../privilege.ts";

const CALLS = 500;
const GETPPID = process.arch === "x64" ? 110 : 173;

/** `process.ppid` is one getppid(2) each time it is read, by way of libc. */
function callGetppid(times: number): void {
  for (let index = 0; index < times; index++) void process.ppid;
}

function counter(): BpfMap {
  return createMap({ name: "counter", type: "percpu_array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
}

function total(map: BpfMap): bigint {
  return sumOverCpus(map.lookup(u32(0)) ?? new Uint8Array());
}

type Loaded = Pick<ProgramOptions, "type"> & Partial<ProgramOptions>;

/**
 * Returns the counts of a program for this process's getppid calls at `target` while it is
 * attached, and after it was detached.
 */
async function countCalls(loaded: Loaded, target: LinkTarget, only: Uint8Array = onlyThisProcess()): Promise<bigint[]> {
  using map = counter();
  using counting = loadProgram({
    name: "counting",
    license: "GPL",
    instructions: program(only, countInto(map.fd)),
    ...loaded,
  });
  {
    await using link = attach(counting, target);
    assert.ok(link.fd > 2);
    callGetppid(CALLS);
  }
  const attached = total(map);
  callGetppid(CALLS);
  return [attached, total(map)];
}

/** Offsets in struct pt_regs. */
const REGISTERS =
  process.arch === "x64" ? { result: 80, instructionPointer: 128 } : { result: 0, instructionPointer: 256 };

/** For uprobes: this process, where a register, masked, has a value. */
function onlyWhere(register: number, mask: number, value: number): Uint8Array {
  return program(load64(6, 1, register), and(6, mask), onlyThisProcess(), skipIfEqual(6, value, 2), move(0, 0), exit);
}

/** For sys_enter, whose second argument is the system call's number. */
function onlyGetppidOfThisProcess(): Uint8Array {
  return program(load64(6, 1, 8), onlyThisProcess(), skipIfEqual(6, GETPPID, 2), move(0, 0), exit);
}

const host = openHostKernel({ has: () => false });

function libcFunction(name: string): { path: string; fileOffset: number } {
  const libc = host.elf("libc.so.6");
  if (typeof libc === "string") throw new Error(libc);
  const symbol = libc.symbol(name);
  assert.ok(symbol);
  return { path: libc.path, fileOffset: symbol.fileOffset };
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

function tracepointId(name: string): number {
  return Number(readFileSync(`${findTracefs()}/events/${name}/id`, "utf8"));
}

kernelTest("links in the kernel", async (t) => {
  const exact = [BigInt(CALLS), BigInt(CALLS)];

  await t.test("a tracepoint counts every call, and none after it is closed", async () => {
    const target = { kind: "tracepoint", id: tracepointId("syscalls/sys_enter_getppid") } as const;
    assert.deepEqual(await countCalls({ type: "tracepoint" }, target), exact);
  });

  await t.test("a raw tracepoint does", async () => {
    const target = { kind: "raw_tracepoint", name: "sys_enter" } as const;
    assert.deepEqual(await countCalls({ type: "raw_tracepoint" }, target, onlyGetppidOfThisProcess()), exact);
  });

  await t.test("a BTF tracepoint does", async () => {
    const attachBtfId = host.btf.find("typedef", "btf_trace_sys_enter");
    assert.ok(attachBtfId);
    const loaded = { type: "tracing", expectedAttachType: ATTACH_TYPES.trace_raw_tp, attachBtfId } as const;
    assert.deepEqual(await countCalls(loaded, { kind: "tp_btf" }, onlyGetppidOfThisProcess()), exact);
  });

  await t.test("a uprobe does, where the function begins", async () => {
    const { path, fileOffset } = libcFunction("getppid");
    const only = onlyWhere(REGISTERS.instructionPointer, 0xfff, fileOffset & 0xfff);
    assert.deepEqual(await countCalls({ type: "kprobe" }, { kind: "uprobe", path, fileOffset }, only), exact);
  });

  await t.test("a uretprobe does, where the result is known", async () => {
    const { path, fileOffset } = libcFunction("getppid");
    const only = onlyWhere(REGISTERS.result, -1, process.ppid);
    assert.deepEqual(await countCalls({ type: "kprobe" }, { kind: "uretprobe", path, fileOffset }, only), exact);
  });

  await t.test("a perf event holds the program where the kernel has no links for it (before 5.15)", () => {
    using map = counter();
    const instructions = program(onlyThisProcess(), countInto(map.fd));
    using counting = loadProgram({ type: "tracepoint", name: "held", license: "GPL", instructions });
    {
      const config = BigInt(tracepointId("syscalls/sys_enter_getppid"));
      using event = openPerfEvent({ type: PERF_TYPE_TRACEPOINT, config }, "getppid");
      setProgram(event, counting.fd);
      enableEvent(event);
      callGetppid(CALLS);
    }
    callGetppid(CALLS);
    assert.equal(total(map), BigInt(CALLS));
  });

  await t.test("a cookie reaches the program", { skip: lacking("attach_cookie") }, async () => {
    const getAttachCookie = 174;
    using map = createMap({ name: "cookie", type: "array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
    const instructions = program(
      copy(6, 1),
      onlyThisProcess(),
      copy(1, 6),
      call(getAttachCookie),
      copy(6, 0),
      storeValue(10, -8, 0),
      loadMap(1, map.fd),
      copy(2, 10),
      add(2, -8),
      call(HELPER.mapLookup),
      skipIfEqual(0, 0, 1),
      store64(0, 0, 6),
      move(0, 0),
      exit,
    );
    using reads = loadProgram({ type: "tracepoint", name: "cookie", license: "GPL", instructions });
    const target = { kind: "tracepoint", id: tracepointId("syscalls/sys_enter_getppid") } as const;
    await using _ = attach(reads, target, { cookie: 0x1234_5678_9abcn });
    callGetppid(1);
    assert.equal(
      new DataView((map.lookup(u32(0)) ?? new Uint8Array()).buffer).getBigUint64(0, true),
      0x1234_5678_9abcn,
    );
  });

  await t.test("nothing stays in the kernel once the handles are closed", async () => {
    const map = counter();
    const counting = loadProgram({ type: "tracepoint", name: "gone", license: "GPL", instructions: countInto(map.fd) });
    const { id, mapIds } = programInfo(counting);
    const names = ["sys_enter_getppid", "sys_exit_getppid"];
    const links = names.map((name) => attach(counting, { kind: "tracepoint", id: tracepointId(`syscalls/${name}`) }));
    counting[Symbol.dispose]();
    map[Symbol.dispose]();
    assert.ok(programIds().includes(id), "the link keeps the program");
    links[0]?.[Symbol.dispose]();
    await links[1]?.[Symbol.asyncDispose]();
    await links[1]?.[Symbol.asyncDispose]();
    assert.ok(!programIds().includes(id));
    for (const mapId of mapIds) assert.ok(!mapIdsOfHost().includes(mapId));
  });

  await t.test("a program is attached to a tracepoint once", () => {
    using idle = loadProgram({
      type: "tracepoint",
      name: "idle",
      license: "GPL",
      instructions: program(move(0, 0), exit),
    });
    const target = { kind: "tracepoint", id: tracepointId("syscalls/sys_enter_getppid") } as const;
    using _ = attach(idle, target);
    assert.throws(() => attach(idle, target), { code: "EEXIST", message: /attached there already/ });
  });

  await t.test("a missing target is reported and leaves no descriptor open", () => {
    using idle = loadProgram({ type: "kprobe", name: "idle", license: "GPL", instructions: program(move(0, 0), exit) });
    using raw = loadProgram({
      type: "raw_tracepoint",
      name: "raw",
      license: "GPL",
      instructions: program(move(0, 0), exit),
    });
    const before = openDescriptors();
    const missing = { kind: "uprobe", path: "/no/such/file", fileOffset: 64 } as const;
    assert.throws(() => attach(idle, missing), { operation: "perf_event_open", code: "ENOENT", message: /no such/ });
    assert.throws(() => attach(raw, { kind: "raw_tracepoint", name: "no_such" }), {
      message: /no tracepoint of that name/,
    });
    const tracepoint = { kind: "tracepoint", id: tracepointId("syscalls/sys_enter_getppid") } as const;
    assert.throws(() => attach(idle, tracepoint, { cookie: 1n }), { code: "EINVAL" });
    assert.throws(() => attach(idle, tracepoint), { name: "BpfError", code: "EINVAL" });
    assert.equal(openDescriptors(), before);
  });
});
