import type { Architecture } from "../../kernel/kernel.ts";
import { constant } from "../constant-fold.ts";
import { booleanTerm, integerType, scalarTerm, U64, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { contextLoad } from "../widths.ts";
import type { ProbeContext } from "./probe-kind.ts";

/**
 * Byte offsets in `struct bpf_perf_event_data` (asm/bpf_perf_event.h): the registers of the
 * interrupted code, then u64 sample_period and u64 addr. The verifier takes registers as whole
 * words only (pe_prog_is_valid_access in kernel/trace/bpf_trace.c).
 */
interface SamplingLayout {
  readonly instructionPointer: number;
  /** a register, and the value that it has under a mask in user mode */
  readonly mode: { readonly offset: number; readonly mask: bigint; readonly user: bigint };
  readonly period: number;
  readonly address: number;
}

const LAYOUTS: Readonly<Record<Architecture, SamplingLayout>> = {
  // rip; the privilege level in cs
  x86_64: { instructionPointer: 128, mode: { offset: 136, mask: 3n, user: 3n }, period: 168, address: 176 },
  // pc; the exception level in pstate
  aarch64: { instructionPointer: 256, mode: { offset: 264, mask: 15n, user: 0n }, period: 272, address: 280 },
};

const HEX = integerType(64, false, { kind: "hex" });

/** Returns the values that are known when a CPU is interrupted to take a sample. */
export function samplingContext(architecture: Architecture): ProbeContext {
  const { address, instructionPointer, mode, period } = LAYOUTS[architecture];
  const word = (offset: number): Scalar => contextLoad(offset, 8, false);
  const masked: Scalar = binary("&", word(mode.offset), constant(mode.mask));
  const fields = new Map<string, Term>([
    ["ip", scalarTerm(HEX, word(instructionPointer))],
    ["user", booleanTerm(binary("==", masked, constant(mode.user)))],
    ["period", scalarTerm(U64, word(period))],
    ["addr", scalarTerm(HEX, word(address))],
  ]);
  return { fields, positional: [], integerSpace: "unknown" };
}

function binary(operator: "&" | "==", left: Scalar, right: Scalar): Scalar {
  return { op: "binary", operator, signed: false, left, right };
}
