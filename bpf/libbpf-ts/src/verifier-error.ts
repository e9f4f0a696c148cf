import { BpfError, type Operation } from "./bpf-error.ts";

/** A program or BTF that the kernel's verifier refused, with its log. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";
  /** the whole log, or its end if the log was larger than the kernel's limit */
  readonly log: string;
  /** the decisive one or two lines, and how many lines are left out */
  readonly summary: string;
  /**
   * index of the instruction where the verifier stopped, if the log says it; ldimm64 counts as two
   */
  readonly instruction: number | undefined;

  constructor(operation: Operation, errno: number, subject: string, log: string) {
    const { summary, instruction } = readVerifierLog(log);
    super(operation, errno, subject);
    this.message = `${subject}: ${operation}: the verifier refused it (${this.code}): ${summary}`;
    this.log = log;
    this.summary = summary;
    this.instruction = instruction;
  }
}

export interface VerifierVerdict {
  readonly summary: string;
  readonly instruction: number | undefined;
}

/** `4: (95) exit`, also with the registers after it */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) /;
/**
 * Errors of the control-flow check, which runs before any instruction is traced: `unreachable insn
 * 3`.
 */
const NAMED_INSTRUCTION = /\binsn #?(\d+)/;
/**
 * `processed 3 insns (limit 1000000) max_states_per_insn 0 ...`, and the lines of totals around it
 */
const STATISTICS = /^(processed \d+ insns|verification time |stack depth |max_states|peak_states|mark_read)/;

/**
 * Reads a log of level 1. Its last line before the statistics is the error. The last instruction
 * traced before that line is where it happened:
 *
 *     0: R1=ctx() R10=fp0
 *     0: (95) exit
 *     R0 !read_ok
 *     processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 ...
 */
export function readVerifierLog(log: string): VerifierVerdict {
  const lines = log.split("\n").filter((line) => line.trim() !== "" && !STATISTICS.test(line));
  const error = lines.at(-1)?.trim();
  if (error === undefined) return { summary: "the log is empty", instruction: undefined };
  const traced = INSTRUCTION.test(error) ? undefined : lines.findLast((line) => INSTRUCTION.test(line))?.trim();
  const decisive = traced === undefined ? [error] : [traced, error];
  const at = NAMED_INSTRUCTION.exec(error) ?? INSTRUCTION.exec(traced ?? error);
  return {
    summary: decisive.join(": ") + omitted(lines.length - decisive.length),
    instruction: at?.[1] === undefined ? undefined : Number(at[1]),
  };
}

function omitted(lines: number): string {
  return lines === 0 ? "" : ` (${lines} ${lines === 1 ? "line" : "lines"} omitted)`;
}
