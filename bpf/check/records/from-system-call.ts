import { findMember } from "../../kernel/btf/find-member.ts";
import type { Architecture, Btf, Kernel, TracepointField } from "../../kernel/kernel.ts";
import { binary, constant } from "../constant-fold.ts";
import { walk } from "../current-task.ts";
import { syscallNumber } from "../names/syscall-numbers.ts";
import type { ResolvedProbe } from "../probes/probe-kind.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import type { Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";

/**
 * perf_call_bpf_enter in kernel/trace/trace_syscalls.c: arguments of 8 bytes each, after a pointer
 * and the number.
 */
const NUMBER_OFFSET = 8;
const ARGUMENTS_OFFSET = 16;

/**
 * The arguments of `btf_trace_sys_enter` and `btf_trace_sys_exit`: the registers, and the number of
 * the call or its result.
 */
const REGISTERS: Scalar = { op: "context", offset: 0, bytes: 8, signed: false };
const SECOND = 8;

/** A word of struct pt_regs; `index` is used if the member is an array. */
interface Register {
  readonly member: string;
  readonly index?: number;
  readonly bytes: 4 | 8;
  readonly signed: boolean;
}

const word = (member: string, index = 0): Register => ({ member, index, bytes: 8, signed: false });

/**
 * syscall_get_arguments and syscall_get_nr of arch/ARCH/include/asm/syscall.h, and
 * arch_trace_is_compat_syscall of asm/ftrace.h.
 */
const CALLS: Readonly<
  Record<
    Architecture,
    {
      readonly arguments: readonly Register[];
      readonly number: Register;
      readonly compat: { readonly path: string; readonly bit: bigint };
    }
  >
> = {
  x86_64: {
    arguments: ["di", "si", "dx", "r10", "r8", "r9"].map((member) => word(member)),
    // Since 5.14 the entry keeps all of rax, and takes its lower half for the number.
    number: { member: "orig_ax", bytes: 4, signed: true },
    // TS_COMPAT
    compat: { path: "thread_info.status", bit: 2n },
  },
  aarch64: {
    arguments: [word("orig_x0"), ...[1, 2, 3, 4, 5].map((index) => word("regs", index))],
    number: { member: "syscallno", bytes: 4, signed: true },
    // _TIF_32BIT
    compat: { path: "thread_info.flags", bit: 1n << 22n },
  },
};

/**
 * Returns the tracepoint of one system call, attached to the tracepoint of all system calls.
 * Returns the reason, in words, if the number of the call is not known, or if the kernel's BTF does
 * not describe the registers.
 */
export function fromSystemCall(probe: ResolvedProbe, kernel: Kernel): ResolvedProbe | string {
  const { attach, pattern, record = [], spelled } = probe;
  if (attach.kind !== "tracepoint") return "it is not a tracepoint";
  const { name, names } = attach;
  const returns = name.startsWith("sys_exit_");
  const number = syscallNumber(name.replace(/^sys_(enter|exit)_/, ""), kernel.architecture);
  const resolution = RAWTRACEPOINT.resolve(spelled, returns ? "sys_exit" : "sys_enter", kernel, false);
  const [raw] = "probes" in resolution ? resolution.probes : [];
  if (number === undefined) return "the number of the system call is not known";
  if (raw?.attach.kind !== "rawtracepoint" || numberAt(returns, kernel) === undefined)
    return "this kernel's types do not describe the registers of system calls";
  const fields = new Map(probe.context.fields);
  for (const field of record) {
    const term = fieldTerm(field, fields.get(field.name), returns, kernel);
    if (term === undefined) return `the register of "args.${field.name}" is not known`;
    fields.set(field.name, term);
  }
  return {
    spelled,
    attach: { kind: "syscall", name, number, returns, btfId: raw.attach.btfId, ...(names !== undefined && { names }) },
    context: { ...probe.context, fields },
    ...(pattern !== undefined && { pattern }),
  };
}

/**
 * Returns the number of the current call, or undefined if the kernel's BTF does not describe it.
 */
export function numberAt(returns: boolean, kernel: Kernel): Scalar | undefined {
  if (!returns) return { op: "context", offset: SECOND, bytes: 8, signed: true };
  return registerAt(CALLS[kernel.architecture].number, kernel.btf);
}

/**
 * Returns a value that is not 0 in a 32-bit call. The kernel makes no record of such a call, whose
 * number is one of another table.
 */
export function isCompat(kernel: Kernel): Scalar | undefined {
  const { path, bit } = CALLS[kernel.architecture].compat;
  const term = walk({ kernel }, path);
  return term?.form === "scalar" ? binary("&", false, term.scalar, constant(bit)) : undefined;
}

function fieldTerm(
  { name, offset }: TracepointField,
  recorded: Term | string | undefined,
  returns: boolean,
  kernel: Kernel,
): Term | undefined {
  if (typeof recorded !== "object" || recorded.form !== "scalar" || recorded.scalar.op !== "context") return undefined;
  const { bytes, signed } = recorded.scalar;
  const scalar = wordAt(name, offset, returns, kernel);
  if (scalar === undefined) return undefined;
  return { ...recorded, scalar: "bytes" in scalar ? { ...scalar, bytes, signed } : scalar };
}

type Word = Extract<Scalar, { readonly op: "context" | "load" }>;

function wordAt(name: string, offset: number, returns: boolean, kernel: Kernel): Word | undefined {
  if (offset === NUMBER_OFFSET && name.endsWith("syscall_nr")) return numberAt(returns, kernel) as Word | undefined;
  if (returns)
    return offset === ARGUMENTS_OFFSET ? { op: "context", offset: SECOND, bytes: 8, signed: true } : undefined;
  const register = CALLS[kernel.architecture].arguments[(offset - ARGUMENTS_OFFSET) / 8];
  return register && registerAt(register, kernel.btf);
}

function registerAt({ member, index = 0, bytes, signed }: Register, btf: Btf): Word | undefined {
  const struct = btf.find("struct", "pt_regs");
  const found = struct === undefined ? undefined : findMember(btf, struct, member);
  if (found === undefined) return undefined;
  return { op: "load", base: REGISTERS, offset: found.bitOffset / 8 + 8 * index, bytes, signed, how: "direct" };
}
