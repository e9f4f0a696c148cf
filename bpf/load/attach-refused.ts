import type { BpfError } from "libbpf-ts";
import { type Diagnostic, errorAt } from "../source/diagnostic.ts";
import type { Span } from "../source/source.ts";
import type { LoadCode } from "./codes.ts";

/** Explains an errno of an attachment if a rule's author can do something about it. */
const HELP: Readonly<Record<string, string>> = {
  // BPF_TRACE_MAX_PROGS in kernel/trace/bpf_trace.c
  EILSEQ: "the offset must be that of an instruction's first byte",
  EADDRNOTAVAIL: "several functions have this name: the kernel cannot distinguish them",
  E2BIG: "the kernel runs at most 64 programs on one tracepoint: join rules of this probe, or remove some",
};

/** The kernel accepted a program, but attached it to no probe. */
export class AttachRefused extends Error {
  readonly help: string | undefined;

  /** @param point the probe as a rule spells it, such as `tracepoint:tcp:tcp_retransmit_skb` */
  constructor(point: string, cause: BpfError) {
    // The message begins with its subject, the tracepoint's number or the program's name.
    super(`${point}: ${cause.message.slice(cause.message.indexOf(`${cause.operation}: `))}`, { cause });
    this.help = HELP[cause.code];
  }

  /**
   * Returns the diagnostic of this error.
   *
   * @param span of the rule's name
   */
  diagnostic(span: Span): Diagnostic & { readonly code: LoadCode } {
    const { message, help } = this;
    return errorAt("load-failed", message, span, help);
  }
}
