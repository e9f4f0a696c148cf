import type { Spelled } from "../../language/program-syntax.ts";
import type { Btf, Kernel, TracepointField } from "../../kernel/kernel.ts";
import type { AttachPoint } from "../checked-program.ts";
import type { CheckCode } from "../codes.ts";
import type { Term } from "../term.ts";

/** The names that a probe gives to expressions. */
export interface ProbeContext {
  /** the fields of `args.`; a string says why an existing field cannot be read */
  readonly fields: ReadonlyMap<string, Term | string>;
  /** arg0, arg1, ... */
  readonly positional: readonly (Term | string)[];
  readonly returned?: Term;
  /** the memory that a bare integer points into, when it is used as a pointer */
  readonly integerSpace: "kernel" | "user" | "unknown";
  /**
   * the memory that an integer points into when a rule casts it to a pointer, if that is more
   * likely than the kernel's
   */
  readonly castSpace?: "user";
  /**
   * true if its numbers are registers of functions without known types: of a C int only the lower
   * half is valid
   */
  readonly untyped?: true;
}

/** A probe that this host has. */
export interface ResolvedProbe {
  /** this probe alone, as a rule spells it: the value of `probe` */
  readonly spelled: Spelled;
  readonly attach: AttachPoint;
  readonly context: ProbeContext;
  /** for a tracepoint: the fields of the record that its context reads */
  readonly record?: readonly TracepointField[];
  /** the types of its context, if they are a module's and not the kernel's own */
  readonly types?: Btf;
  /** set if the probe is one of several that match a pattern */
  readonly pattern?: MatchedPattern;
}

export interface MatchedPattern {
  /** as the rule spells it */
  readonly text: string;
  readonly matches: number;
  /**
   * One program serves many probes, and knows by its cookie which one fired: the room for the
   * longest names, with their NUL.
   */
  readonly cookieNames?: { readonly probe: number; readonly func: number };
}

/**
 * The reason why a probe cannot be used. `unknown-probe` means that the host does not have it, so
 * that an alternative may be used.
 */
export interface ProbeFault {
  readonly code: Extract<CheckCode, "unknown-probe" | "unknown-probe-kind" | "bad-probe">;
  readonly message: string;
  readonly help?: string;
}

/** Matches of a pattern that cannot be probed. */
export interface LeftOut {
  readonly message: string;
  readonly help: string;
}

/** At least one probe. */
export type ProbeResolution =
  { readonly probes: readonly ResolvedProbe[]; readonly leftOut?: LeftOut } | { readonly fault: ProbeFault };

/** One kind of probe, with everything that the language knows of it. */
export interface ProbeKind {
  readonly name: string;
  /** such as `tracepoint:CATEGORY:NAME` */
  readonly syntax: string;
  /** a sentence for documentation and `help` */
  readonly doc: string;
  /**
   * Finds a probe. `rest` is the text after the kind and its colon, without `*`. `several` is true
   * if a pattern matched it.
   */
  resolve(spelled: Spelled, rest: string, kernel: Kernel, several: boolean): ProbeResolution;
  /**
   * Lists the probes of this kind that match a pattern, sorted. Each is the text after the kind and
   * its colon; for its arguments call `resolve`. `rest` is spelled as for `resolve`, with `*` for
   * any characters (see `namePattern`). It may also be a bare name, `tcp_*`, without a kind. Kinds
   * with a category or a module then search all of them; kinds that need a file return nothing. It
   * must be fast for the 100,000 functions of a kernel, so it reads only names. A string says why
   * there is nothing to search (the file cannot be read, the kind has no names), in lower case.
   */
  list(rest: string, kernel: Kernel): readonly string[] | string;
  /**
   * Returns the matches of a pattern that `list` leaves out, except those for which `isExcepted`
   * returns true.
   */
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
