import type { Kernel } from "../../kernel/kernel.ts";
import type { ResolvedProbe } from "../probes/probe-kind.ts";
import { fromArguments } from "./from-arguments.ts";
import { fromSystemCall } from "./from-system-call.ts";

/**
 * Attaches a tracepoint without the record that the kernel makes for perf. The kernel skips a
 * program that reads a record while another such program, a program of a kprobe, or a map operation
 * of any process runs on the CPU (`bpf_prog_active` in trace_call_bpf of kernel/trace/bpf_trace.c).
 * A raw tracepoint's program is skipped only if it interrupts itself. If the arguments lack a field
 * that the rule reads, it returns the probe unchanged, with the reason.
 * @param fields the fields of records that the rule reads
 */
export function withoutRecord(probe: ResolvedProbe, fields: ReadonlySet<string>, kernel: Kernel): ResolvedProbe {
  const { attach, record = [] } = probe;
  if (attach.kind !== "tracepoint") return probe;
  const read = record.filter(({ name }) => fields.has(name));
  const without =
    attach.category === "syscalls" ? fromSystemCall(probe, kernel) : fromArguments(probe, read, kernel, fields);
  return typeof without === "string" ? { ...probe, attach: { ...attach, because: without } } : without;
}
