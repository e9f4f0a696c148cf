import type { Kernel } from "../../kernel/kernel.ts";
import type { ResolvedProbe } from "../probes/probe-kind.ts";
import { fromArguments } from "./from-arguments.ts";
import { fromSystemCall } from "./from-system-call.ts";

/**
 * A tracepoint attached without the record that the kernel makes for perf: the kernel leaves out the program that reads a record while any
 * other such program, a kprobe's or a map operation of anybody runs on the CPU (`bpf_prog_active` in trace_call_bpf of
 * kernel/trace/bpf_trace.c). A raw tracepoint's program is left out only where it interrupts itself.
 * The probe as it is, and why, where a field that the rule reads cannot be had from the tracepoint's arguments.
 * @param fields what the rule reads of records
 */
export function withoutRecord(probe: ResolvedProbe, fields: ReadonlySet<string>, kernel: Kernel): ResolvedProbe {
  const { attach, record = [] } = probe;
  if (attach.kind !== "tracepoint") return probe;
  const read = record.filter(({ name }) => fields.has(name));
  const without = attach.category === "syscalls" ? fromSystemCall(probe, kernel) : fromArguments(probe, read, kernel);
  return typeof without === "string" ? { ...probe, attach: { ...attach, because: without } } : without;
}
