import type { AttachPoint } from "../../../bpf/check/checked-program.ts";
import type { Kernel, KernelFeature } from "../../../bpf/kernel/kernel.ts";
import { openKernel } from "../../../bpf/load/open-kernel.ts";

/** The running kernel, as tests see it. */
export const kernel: Kernel = openKernel();

/** The running kernel as if it lacked some features: its older ways must work too. */
export const kernelWithout = (...missing: readonly KernelFeature[]): Kernel => ({
  ...kernel,
  btf: kernel.btf,
  has: (feature) => !missing.includes(feature) && kernel.has(feature),
});

/** The number of getppid(2), which `process.ppid` calls each time that it is read. */
export const GETPPID = process.arch === "x64" ? 110 : 173;

export function callGetppid(times: number): void {
  for (let index = 0; index < times; index++) void process.ppid;
}

/**
 * `raw_syscalls:sys_enter` has `long id` at 8 and six arguments at 16; `sys_exit` has `long ret` at
 * 16.
 */
export const tracepoint = (category: string, name: string): AttachPoint => {
  const format = kernel.tracepoint(category, name);
  if (format === undefined) throw new Error(`no tracepoint ${category}:${name}`);
  return { kind: "tracepoint", category, name, id: format.id };
};

export const rawTracepoint = (name: string): AttachPoint => {
  const btfId = kernel.btf.find("typedef", `btf_trace_${name}`);
  if (btfId === undefined) throw new Error(`no raw tracepoint ${name}`);
  return { kind: "rawtracepoint", name, btfId };
};

/** Offset of a member of a struct, found by its path. */
export function offsetOf(struct: string, ...path: readonly string[]): number {
  let type = kernel.btf.find("struct", struct);
  let bits = 0;
  for (const name of path) {
    const member = type === undefined ? undefined : memberOf(type, name);
    if (member === undefined) throw new Error(`struct ${struct} has no ${path.join(".")}`);
    bits += member.bitOffset;
    type = member.type;
  }
  return bits / 8;
}

function memberOf(type: number, name: string): { readonly bitOffset: number; readonly type: number } | undefined {
  const struct = kernel.btf.type(type);
  if (struct.kind === "typedef" || struct.kind === "modifier") return memberOf(struct.to, name);
  if (struct.kind !== "struct" && struct.kind !== "union") return undefined;
  for (const member of struct.members) {
    if (member.name === name) return member;
    const inner = member.name === "" ? memberOf(member.type, name) : undefined;
    if (inner !== undefined) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
  }
  return undefined;
}
