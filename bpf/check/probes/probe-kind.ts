import type { Spelled } from "../../language/program-syntax.ts";
import type { Btf, Kernel, TracepointField } from "../../kernel/kernel.ts";
import type { AttachPoint } from "../checked-program.ts";
import type { CheckCode } from "../codes.ts";
import type { Term } from "../term.ts";

/** What a probe offers to expressions. */
export interface ProbeContext {
  /** what may follow `args.`; a string says why an existing field cannot be read */
  readonly fields: ReadonlyMap<string, Term | string>;
  /** arg0, arg1, ... */
  readonly positional: readonly (Term | string)[];
  readonly returned?: Term;
  /** the memory that a bare integer points into, when it is used as a pointer */
  readonly integerSpace: "kernel" | "user" | "unknown";
  /** the memory that an integer leads into which a rule makes a pointer of, where that is more likely than the kernel's */
  readonly castSpace?: "user";
  /** its numbers are registers of functions whose types are not known: of an int of C only the lower half is it */
  readonly untyped?: true;
}

/** A probe that this host has. */
export interface ResolvedProbe {
  /** as a rule spells this one alone: the value of `probe` */
  readonly spelled: Spelled;
  readonly attach: AttachPoint;
  readonly context: ProbeContext;
  /** of a tracepoint: the fields of the record that its context reads */
  readonly record?: readonly TracepointField[];
  /** the types that its context speaks of, where they are not the kernel's own but those of a module */
  readonly types?: Btf;
  /** where it is one of several that a pattern matches */
  readonly pattern?: MatchedPattern;
}

export interface MatchedPattern {
  /** as the rule spells it */
  readonly text: string;
  readonly matches: number;
  /** One program serves many of them, and knows which one fired by its cookie: the room that the longest names take, with their NUL. */
  readonly cookieNames?: { readonly probe: number; readonly func: number };
}

/** Why a probe cannot be had. `unknown-probe` means that the host lacks it, so that an alternative may serve. */
export interface ProbeFault {
  readonly code: Extract<CheckCode, "unknown-probe" | "unknown-probe-kind" | "bad-probe">;
  readonly message: string;
  readonly help?: string;
}

/** What a pattern means and cannot be probed. */
export interface LeftOut {
  readonly message: string;
  readonly help: string;
}

/** At least one probe. */
export type ProbeResolution =
  { readonly probes: readonly ResolvedProbe[]; readonly leftOut?: LeftOut } | { readonly fault: ProbeFault };

/** One kind of probe: all that the language knows of it. */
export interface ProbeKind {
  readonly name: string;
  /** such as `tracepoint:CATEGORY:NAME` */
  readonly syntax: string;
  /** a sentence for documentation and `help` */
  readonly doc: string;
  /** `rest` is what follows the kind and its colon, without `*`; `several`: it is one of several that a pattern matches. */
  resolve(spelled: Spelled, rest: string, kernel: Kernel, several: boolean): ProbeResolution;
  /**
   * The probes of this kind that a pattern names, each as what follows the kind and its colon, sorted; what `resolve` then says of one
   * are its arguments. `rest` is spelled as `resolve` takes it, with `*` for any characters (see `namePattern`). It may be a bare name
   * as well, `tcp_*`, from a user who names no kind: kinds whose probes have no home to be named (a category, a module) look everywhere, those
   * that need one (a file) have none. Must stay cheap for a kernel's 100,000 functions: look at names alone. A string says why there is
   * nothing to look at (the file cannot be read, the kind has no names), in lower case.
   */
  list(rest: string, kernel: Kernel): readonly string[] | string;
  /** What `list` leaves out of what a pattern names, unless `isExcepted` says so of it. */
  leftOut?(rest: string, kernel: Kernel, isExcepted: (name: string) => boolean): LeftOut | undefined;
}

export function fault(code: ProbeFault["code"], message: string, help?: string): ProbeResolution {
  return { fault: { code, message, ...(help === undefined ? {} : { help }) } };
}

export function found(probe: ResolvedProbe): ProbeResolution {
  return { probes: [probe] };
}

export function badSpelling(kind: Pick<ProbeKind, "syntax">, spelled: Spelled): ProbeResolution {
  return fault("bad-probe", `expected "${kind.syntax}", found "${spelled.text}"`);
}
