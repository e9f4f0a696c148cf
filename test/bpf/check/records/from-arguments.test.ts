import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveProbe } from "../../../../bpf/check/probes/probe-kinds.ts";
import { fromArguments } from "../../../../bpf/check/records/from-arguments.ts";
import type { BtfParameter, BtfType } from "../../../../bpf/kernel/btf-type.ts";
import { resolve } from "../../../../bpf/kernel/btf/resolve.ts";
import type { Kernel } from "../../../../bpf/kernel/kernel.ts";
import { fixtureKernel } from "../../kernel-fixture.ts";

const kernel = fixtureKernel();

/** A kernel whose tracepoint sched_switch has its arguments in another order. */
function switchesWith(order: (given: readonly BtfParameter[]) => readonly (BtfParameter | undefined)[]): Kernel {
  const { btf } = kernel;
  const pointer = resolve(btf, btf.find("typedef", "btf_trace_sched_switch") ?? 0).type;
  assert.equal(pointer.kind, "pointer");
  const { to } = pointer as BtfType & { kind: "pointer" };
  const prototype = btf.type(to);
  if (prototype.kind !== "prototype") throw new Error(`it is a ${prototype.kind}`);
  const parameters = order(prototype.parameters).filter((each) => each !== undefined);
  const other: Kernel["btf"] = {
    typeCount: btf.typeCount,
    type: (id) => (id === to ? { ...prototype, parameters } : btf.type(id)),
    find: (kind, name) => btf.find(kind, name),
    findAll: (kind, name) => btf.findAll(kind, name),
    enumerator: (name) => btf.enumerator(name),
    enumerators: (name) => btf.enumerators(name),
    enumeratorNames: () => btf.enumeratorNames(),
    cpuVariableOffset: (name) => btf.cpuVariableOffset(name),
    names: (kind) => btf.names(kind),
  };
  return { ...kernel, btf: other };
}

/**
 * Returns the offsets of the arguments that the fields of both tasks are read from: 8 bytes each.
 */
function argumentsRead(of: Kernel): readonly string[] {
  const text = "tracepoint:sched:sched_switch";
  const span = { source: { path: "test.yaml", text }, start: 0, end: text.length };
  const resolution = resolveProbe({ text, span }, of);
  if (!("probes" in resolution)) throw new Error(resolution.fault.message);
  const [probe] = resolution.probes;
  if (probe === undefined) throw new Error("no probe");
  const fields = (probe.record ?? []).filter(({ name }) => ["prev_pid", "next_pid"].includes(name));
  const read = fromArguments(probe, fields, of, new Set());
  if (typeof read === "string") throw new Error(read);
  return fields.map(({ name }) => {
    const field = JSON.stringify(read.context.fields.get(name), (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    return `${name} ${/"op":"context","offset":(\d+)/.exec(field)?.[1]}`;
  });
}

test("the tasks of a switch are distinguished at any position of the arguments", () => {
  assert.deepEqual(argumentsRead(kernel), ["prev_pid 8", "next_pid 16"]);
  // void *data, preempt, prev, next: before Linux 5.18
  assert.deepEqual(argumentsRead(switchesWith((all) => all.slice(0, 4))), ["prev_pid 8", "next_pid 16"]);
  // void *data, preempt, prev_state, prev, next: Linux 5.18
  const moved = switchesWith(([data, preempt, prev, next, state]) => [data, preempt, state, prev, next]);
  assert.deepEqual(argumentsRead(moved), ["prev_pid 16", "next_pid 24"]);
});
