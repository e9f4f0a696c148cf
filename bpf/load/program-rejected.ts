import type { VerifierError } from "libbpf-ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/source.ts";
import type { LoadCode } from "./codes.ts";

/**
 * The verifier's messages when it gives up, not when it finds a fault (BPF_COMPLEXITY_LIMIT_* in
 * kernel/bpf/verifier.c).
 */
const BEYOND_ANALYSIS = /BPF program is too large|jumps is too complex/;

/**
 * The verifier refused the compiled program of a rule that type-checks. That is a bug of the
 * compiler; it is shown at the line in the rule.
 */
export class ProgramRejected extends Error {
  readonly program: ProgramSpec;
  readonly log: string;
  /** the part of the rule that the refused instruction came from */
  readonly span: Span | undefined;
  readonly summary: string;

  constructor(program: ProgramSpec, cause: VerifierError) {
    super(`the kernel's verifier refused the program "${program.name}": ${cause.summary}`, { cause });
    this.program = program;
    this.log = cause.log;
    this.summary = cause.summary;
    this.span = spanAt(program, cause.instruction);
  }

  /**
   * Returns the diagnostic of this error.
   *
   * @param fallback used if nothing closer is known: the span of the rule's name
   */
  diagnostic(fallback: Span): Diagnostic & { readonly code: LoadCode } {
    if (BEYOND_ANALYSIS.test(this.summary)) {
      const message =
        "expected a rule that the kernel's verifier can follow to its end, found one with too many ways through";
      const help = "use fewer or simpler conditions and fields, or divide it into several rules";
      return { code: "verifier-rejected", severity: "error", message, span: fallback, help };
    }
    return {
      code: "verifier-rejected",
      severity: "error",
      message: `expected the kernel to accept the compiled program, found a rejection: ${this.summary}`,
      span: this.span ?? fallback,
      help: "this is a bug of bpfwarden: please report it with the rule and the output of `bpfwarden compile --emit=asm`",
    };
  }
}

/** Returns the source of the last instruction at or before `instruction` that has one. */
function spanAt(program: ProgramSpec, instruction: number | undefined): Span | undefined {
  if (instruction === undefined) return program.lines[0]?.span;
  return program.lines.findLast((line) => line.instruction <= instruction)?.span;
}
