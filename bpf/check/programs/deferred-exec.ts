import type { Kernel } from "../../kernel/kernel.ts";
import type { ProbeProgram, Step, SyscallPoint } from "../checked-program.ts";
import { syscallNumber } from "../names/syscall-numbers.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import type { Scalar } from "../typed-expression.ts";
import { replaceScalars } from "./replace-scalars.ts";

/** Calls that return to another program, unless they fail. */
const EXECS = ["execve", "execveat"];

/** The moment when an exec can no longer fail, and the thread is still the caller. */
export interface PreparedExec {
  /** BTF id of `btf_trace_sched_prepare_exec` */
  readonly btfId: number;
}

/**
 * Returns the tracepoint at which a thread is about to become another program, since 6.10
 * (5c5fad46e48c "tracing: Add sched_prepare_exec tracepoint"). The kernel has read the call's
 * memory by then, and has not released it yet.
 */
export function preparedExec(kernel: Kernel): PreparedExec | undefined {
  const text = "rawtracepoint:sched_prepare_exec";
  const spelled = { text, span: { source: { path: "", text }, start: 0, end: text.length } };
  const resolution = RAWTRACEPOINT.resolve(spelled, "sched_prepare_exec", kernel, false);
  const [probe] = "probes" in resolution ? resolution.probes : [];
  return probe?.attach.kind === "rawtracepoint" ? { btfId: probe.attach.btfId } : undefined;
}

export function isExec({ number }: SyscallPoint, { architecture }: Kernel): boolean {
  return EXECS.some((name) => syscallNumber(name, architecture) === number);
}

/**
 * Returns the program that makes the record of an exec whose entry has left a mark. It is made from
 * the program that would do so at the call's return.
 */
export function beforeExec(late: ProbeProgram, { names }: SyscallPoint, { btfId }: PreparedExec): ProbeProgram {
  const registers = 1 + Math.max(-1, ...variablesOf(late.steps));
  const steps = replaceScalars(late.steps, (value) => inRegisters(value, registers)).map((step): Step =>
    step.do === "deferred" ? { ...step, registers } : step,
  );
  const attach = { kind: "rawtracepoint", name: "sched_prepare_exec", btfId, ...(names && { names }) } as const;
  return { ...late, name: `${late.name}_exec`, attach: [attach], steps };
}

/** Reads the registers of the call, the only part of its context that the late program has. */
function inRegisters(value: Scalar, variable: number): Scalar | undefined {
  const registers: Scalar = { op: "variable", variable };
  if (isRegisters(value)) return registers;
  return value.op === "load" && isRegisters(value.base) ? { ...value, base: registers, how: "kernel" } : undefined;
}

const isRegisters = (value: Scalar): boolean => value.op === "context" && value.offset === 0;

function variablesOf(part: unknown): readonly number[] {
  const found: number[] = [];
  JSON.stringify(part, (name, each: unknown) => {
    if (name === "variable" && typeof each === "number") found.push(each);
    return typeof each === "bigint" || name === "span" ? undefined : each;
  });
  return found;
}
