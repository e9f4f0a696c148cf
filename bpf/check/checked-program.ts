import type { Span } from "../source/source.ts";
import type { AggregateFunction } from "./aggregate-functions.ts";
import type { Bytes, Scalar, Value } from "./typed-expression.ts";
import type { Meaning, Type } from "./type.ts";

/** The point where a program is attached. */
export type AttachPoint = AttachPlace & {
  /** present if the program asks which point fired */ readonly names?: ProbeNames;
};

/** The values of the builtins `probe` and `func` at a point. */
export interface ProbeNames {
  readonly probe: string;
  readonly func: string;
}

export type SyscallPoint = Extract<AttachPoint, { readonly kind: "syscall" }>;

type AttachPlace =
  | {
      /** attached to the tracepoint's perf record */
      readonly kind: "tracepoint";
      readonly category: string;
      readonly name: string;
      readonly id: number;
      /** why its arguments cannot be used, in words */
      readonly because?: string;
    }
  | {
      readonly kind: "rawtracepoint";
      readonly name: string;
      /** BTF id of `btf_trace_NAME`, for typed arguments */ readonly btfId: number;
      /**
       * the category, if the rule names the tracepoint and its record is computed from the
       * arguments
       */
      readonly category?: string;
    }
  | {
      /** the tracepoint of one system call, attached to the tracepoint of all system calls */
      readonly kind: "syscall";
      /** such as `sys_enter_openat` */
      readonly name: string;
      readonly number: number;
      readonly returns: boolean;
      /** BTF id of `btf_trace_sys_enter` or `btf_trace_sys_exit` */
      readonly btfId: number;
    }
  | {
      readonly kind: "kprobe";
      readonly function: string;
      /** absent for the kernel's own functions */
      readonly module?: string;
      /** bytes from the start of the function; 0 at its return */
      readonly offset: number;
      readonly returns: boolean;
    }
  | {
      /** fentry or fexit */
      readonly kind: "trampoline";
      readonly function: string;
      readonly module?: string;
      /** of the function; in the module's BTF if there is a module */
      readonly btfId: number;
      readonly returns: boolean;
    }
  | {
      /** a hook of the security modules */
      readonly kind: "lsm";
      readonly hook: string;
      /** of the function `bpf_lsm_HOOK` */
      readonly btfId: number;
    }
  | {
      readonly kind: "uprobe";
      /** the file as the rule names it: an absolute path, or a library by soname or short name */
      readonly target: string;
      /** the file on this host, with links followed */
      readonly path: string;
      readonly symbol: string;
      /** bytes from the symbol to the start of an instruction */
      readonly offset: number;
      /**
       * the build id of the file, if `offset` is not 0: only the same build has the instruction at
       * the same place
       */
      readonly buildId?: string;
      readonly fileOffset: number;
      readonly returns: boolean;
    }
  | {
      /** one place of a static probe */
      readonly kind: "usdt";
      readonly target: string;
      readonly path: string;
      readonly provider: string;
      readonly name: string;
      readonly fileOffset: number;
      readonly semaphoreOffset?: number;
      /**
       * equal for two places whose arguments are in the same registers and memory, so that one
       * program can read both
       */
      readonly argumentsKey: string;
    }
  | {
      readonly kind: "perf-event";
      /** the name in the rule, with the kind */
      readonly name: string;
      /** PERF_TYPE_* and the config of perf_event_attr */
      readonly type: number;
      readonly config: bigint;
      /** the program runs once for so many events, or nanoseconds of a clock */
      readonly period: bigint;
      readonly cpus: "all" | "one";
    };

/**
 * The buckets of linear_histogram: they are `step` wide and go from `low` to `high`. There is one
 * more below and one more above.
 */
export interface LinearSteps {
  readonly low: bigint;
  readonly high: bigint;
  readonly step: bigint;
}

export interface Aggregate {
  /** the name that thresholds use */
  readonly name: string;
  readonly signal: string;
  readonly function: AggregateFunction;
  readonly signed: boolean;
  readonly meaning: Meaning;
  /** only for linear_histogram */
  readonly steps?: LinearSteps;
  readonly span: Span;
}

/** One column of `by`, or one field of `event`. */
export interface Column {
  readonly name: string;
  readonly type: Type;
  readonly span: Span;
}

export interface SpanMatch {
  readonly columns: readonly Column[];
  /**
   * true if few different values recur, as with process ids and descriptors, but not with addresses
   * and sectors
   */
  readonly recurs: boolean;
}

/** The open spans of one `{from, to}`, as the kernel keeps them. */
export interface SpanState {
  /** unique within the rule */
  readonly id: number;
  readonly name: string;
  /**
   * the values that are equal at the start and the end of one span; absent if spans are matched by
   * thread
   */
  readonly match?: SpanMatch;
  /**
   * values carried from start to end: a number takes 8 bytes, other values as many as their type
   * says
   */
  readonly keeps: readonly Column[];
  /**
   * set if a start may fail to read the values that it keeps or its filter needs; the end then
   * knows that they are unknown
   */
  readonly unreadable?: true;
  readonly timeoutNs: bigint;
  readonly restart: boolean;
  readonly span: Span;
}

/**
 * Numbers that a rule keeps for each key between events: its `state`. Each is an unsigned word, 0
 * until it is set.
 */
export interface Memo {
  /** unique within the rule */
  readonly id: number;
  readonly name: string;
  readonly key: readonly Column[];
  readonly keeps: readonly string[];
  /**
   * set if a value, or the condition for setting it, may be unreadable; a program that reads it
   * then knows that it is unknown
   */
  readonly unreadable?: true;
}

/**
 * Finds an open span and binds variables: `elapsed`, and `keeps` in the order of the state's
 * `keeps`. For kept bytes the variable is their address.
 */
interface SpanLook {
  readonly state: number;
  readonly match: readonly Value[];
  readonly elapsed: number;
  readonly keeps: readonly number[];
  readonly span: Span;
}

/**
 * One step of a program. A failed `filter`, `span-close` or `inside` ends the run, or continues it
 * at the next part.
 */
export type Step =
  /**
   * Ends the run except at the system calls of `points`, compared with `number`. If `compat` is not
   * 0, the call is a 32-bit one, whose numbers differ. With `lastFor` the run ends after this part,
   * since no later part is for any of its calls.
   */
  | {
      readonly do: "only-at";
      readonly lastFor?: true;
      readonly points: readonly SyscallPoint[];
      readonly number: Scalar;
      readonly compat?: Scalar;
      readonly span: Span;
    }
  | { readonly do: "filter"; readonly condition: Scalar; readonly span: Span }
  /** evaluates a value once, to use it often */
  | { readonly do: "bind"; readonly variable: number; readonly value: Scalar; readonly span: Span }
  /** `match` are the values of the state's columns; empty if spans are matched by thread */
  | {
      readonly do: "span-open";
      readonly state: number;
      readonly match: readonly Value[];
      readonly keeps: readonly Value[];
      /** not 0 if the start was not caused by the running thread; if absent, it was */
      readonly byChance?: Scalar;
      readonly span: Span;
    }
  /**
   * closes the open span and binds its duration (ns) and the kept values; ends the run if no span
   * is open
   */
  | (SpanLook & { readonly do: "span-close" })
  /**
   * counts the open span of a thread that has ended as orphaned; the thread is given by its
   * `task_struct` and its id
   */
  | {
      readonly do: "span-abandon";
      readonly state: number;
      readonly task: Scalar;
      readonly thread: Scalar;
      readonly span: Span;
    }
  /**
   * `during`: binds the age of the open span and the kept values; ends the run if no such span is
   * open
   */
  | (SpanLook & { readonly do: "inside" })
  /** binds the values that are kept for a key, in the order of the memo's `keeps` */
  | {
      readonly do: "memo-read";
      readonly memo: number;
      readonly key: readonly Value[];
      readonly keeps: readonly number[];
      readonly span: Span;
    }
  /** sets some values of the key that the run has read last; indexes into the memo's `keeps` */
  | {
      readonly do: "memo-write";
      readonly memo: number;
      readonly values: readonly { readonly index: number; readonly value: Scalar }[];
      readonly span: Span;
    }
  /** a run that a step has ended continues here; all variables are unknown again */
  | { readonly do: "next-part" }
  /** counts the run as matched in the rule's health */
  | { readonly do: "matched" }
  /** counts a call whose return the kernel will not probe */
  | { readonly do: "return-missed"; readonly span: Span }
  /** updates the aggregates of a key (indexes into CheckedProgram.aggregates) */
  | {
      readonly do: "aggregate";
      readonly key: readonly Value[];
      readonly updates: readonly AggregateUpdate[];
      /** not 0 if the event was not caused by the running thread; if absent, it was */
      readonly byChance?: Scalar;
      readonly span: Span;
    }
  /**
   * sends a record to the ring; `byChance` is not 0 if the event was not caused by the running
   * thread; if absent, it was
   */
  | {
      readonly do: "emit";
      readonly fields: readonly Value[];
      readonly byChance?: Scalar;
      /**
       * if a value could not be read: leaves the event to the return of the call, by a mark of this
       * number, and ends the run
       */
      readonly defers?: number;
      readonly span: Span;
    }
  /**
   * ends the run except at the return of a call that has left such a mark. With `registers`, the
   * program runs at another moment of that call: the variable takes the address of its registers.
   */
  | { readonly do: "deferred"; readonly mark: number; readonly registers?: number; readonly span: Span }
  /** removes such a mark: the call that left it has not come to its return */
  | { readonly do: "unmark"; readonly mark: number; readonly span: Span };

export interface AggregateUpdate {
  readonly aggregate: number;
  /** absent for count(), and if there are `bytes` */
  readonly value?: Scalar;
  /** the argument of distinct(), if it is not a number */
  readonly bytes?: Bytes;
  /** the number of times that the event counts, never negative; 1 if absent */
  readonly weight?: Scalar;
}

/** One program: the same steps at each of its attach points. */
export interface ProbeProgram {
  readonly name: string;
  readonly attach: readonly AttachPoint[];
  readonly steps: readonly Step[];
  readonly span: Span;
}

/** The kernel half of a rule, with all names resolved. */
export interface CheckedProgram {
  readonly rule: string;
  readonly span: Span;
  readonly programs: readonly ProbeProgram[];
  readonly spans: readonly SpanState[];
  readonly memos: readonly Memo[];
  readonly aggregates: readonly Aggregate[];
  /** columns of the key; empty without `by` */
  readonly key: readonly Column[];
  /** fields of the record; absent without `event` */
  readonly record?: readonly Column[];
  readonly keyLimit: number;
  /** the time for which a key is remembered after it was last seen */
  readonly keyWindowMs: number;
  readonly ringBytes: number;
  /** the number of spans of one state that each user may have open */
  readonly spanLimit: number;
  /** the number of records a second that each user may send; no limit if absent */
  readonly recordRate?: number;
  /**
   * true if the reader is woken once the rule's only aggregate has used up its slack; see
   * `compile/wake-layout.ts`
   */
  readonly wakes?: true;
}
