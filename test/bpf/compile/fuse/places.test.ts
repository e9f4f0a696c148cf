import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachPoint } from "../../../../bpf/check/checked-program.ts";
import { canShareProgram } from "../../../../bpf/compile/fuse/places.ts";
import type { Btf, Kernel } from "../../../../bpf/kernel/kernel.ts";
import { fixtureKernel } from "../../kernel-fixture.ts";

const raw = (name: string): AttachPoint => ({ kind: "rawtracepoint", name, btfId: 1 });
const record = (category: string, name: string): AttachPoint => ({ kind: "tracepoint", category, name, id: 1 });
const openat: AttachPoint = { kind: "syscall", name: "sys_enter_openat", number: 257, returns: false, btfId: 1 };

/** A kernel in which a thread can be preempted in a program: struct kstat stands for its struct. */
function preempting(kernel: Kernel): Kernel {
  const { btf } = kernel;
  const changed = Object.create(btf, {
    find: {
      value: (...[kind, name]: Parameters<Btf["find"]>) =>
        name === "tp_transition_snapshot" ? STRUCT : btf.find(kind, name),
    },
    type: {
      value: (id: number) =>
        id === STRUCT
          ? {
              kind: "struct",
              name: "tp_transition_snapshot",
              bytes: 8,
              members: [{ name: "srcu_gp", type: 1, bitOffset: 0 }],
            }
          : btf.type(id),
    },
  }) as Btf;
  return { ...kernel, btf: changed };
}
const STRUCT = 1_000_000_000;

test("programs are fused where no event can interrupt another one of the same place", () => {
  const kernel = fixtureKernel();
  for (const name of ["sys_enter", "sys_exit", "sched_switch", "sched_process_exec", "mm_filemap_get_pages"]) {
    assert.ok(canShareProgram(raw(name), kernel), name);
  }
  assert.ok(canShareProgram(openat, kernel));
  for (const name of [
    "inet_sock_set_state",
    "tcp_retransmit_skb",
    "block_rq_issue",
    "sched_waking",
    "irq_handler_entry",
  ]) {
    assert.ok(!canShareProgram(raw(name), kernel), name);
  }
});

test("programs at the record of a tracepoint are fused: the kernel skips events for all of them", () => {
  assert.ok(canShareProgram(record("tcp", "tcp_retransmit_skb"), fixtureKernel()));
});

test("in a kernel that preempts programs, they are fused where interrupts are off", () => {
  const kernel = preempting(fixtureKernel());
  for (const name of ["sched_switch", "sched_wakeup_new"]) assert.ok(canShareProgram(raw(name), kernel), name);
  for (const name of ["sys_enter", "sched_process_exec"]) assert.ok(!canShareProgram(raw(name), kernel), name);
  assert.ok(!canShareProgram(openat, kernel));
  assert.ok(!canShareProgram(record("raw_syscalls", "sys_enter"), kernel));
  assert.ok(canShareProgram(record("tcp", "tcp_retransmit_skb"), kernel));
});

test("programs that NMIs run are never fused", () => {
  const cycles: AttachPoint = {
    kind: "perf-event",
    name: "perf:cycles:1000",
    type: 0,
    config: 0n,
    period: 1000n,
    cpus: "all",
  };
  assert.ok(!canShareProgram(cycles, fixtureKernel()));
});
