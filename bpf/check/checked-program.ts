import type { Span } from "../source/source.ts";
import type { AggregateFunction } from "./aggregate-functions.ts";
import type { Bytes, Scalar, Value } from "./typed-expression.ts";
import type { Meaning, Type } from "./type.ts";

/** Where a program is attached. */
export type AttachPoint = AttachPlace & { /** where the program asks which one fired */ readonly names?: ProbeNames };

/** What a program says of the point that fired: the builtins `probe` and `func`. */
export interface ProbeNames {
  readonly probe: string;
  readonly func: string;
}

export type SyscallPoint = Extract<AttachPoint, { readonly kind: "syscall" }>;

type AttachPlace =
  | {
      /** by the record that the kernel makes of it for perf */
      readonly kind: "tracepoint";
      readonly category: string;
      readonly name: string;
      readonly id: number;
      /** why its arguments do not serve, in words */
      readonly because?: string;
    }
  | {
      readonly kind: "rawtracepoint";
      readonly name: string;
      /** BTF id of `btf_trace_NAME`, for typed arguments */ readonly btfId: number;
      /** the category, where the rule names the tracepoint and its record is computed from the arguments */
      readonly category?: string;
    }
  | {
      /** the tracepoint of one system call, by way of the one that all system calls come by */
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
      /** bytes from the start of the function, 0 at its return */
      readonly offset: number;
      readonly returns: boolean;
    }
  | {
      /** fentry, fexit */
      readonly kind: "trampoline";
      readonly function: string;
      readonly module?: string;
      /** of the function, in the module's BTF where there is a module */
      readonly btfId: number;
      readonly returns: boolean;
    }
  | {
      readonly kind: "uprobe";
      /** the file as the rule names it: an absolute path, or a library by soname or short name */
      readonly target: string;
      /** the file on this host, with links followed */
      readonly path: string;
      readonly symbol: string;
      /** from the symbol's start, to the start of an instruction */
      readonly offset: number;
      /** where `offset` is not 0: of the file, for only in the same build the instruction is at the same place */
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
      /** equal for two places whose arguments lie in the same registers and memory, so that one program can read them */
      readonly argumentsKey: string;
    }
  | {
      readonly kind: "perf-event";
      /** as a rule spells it, with the kind */
      readonly name: string;
      /** PERF_TYPE_* and config */
      readonly type: number;
      readonly config: bigint;
      /** a run for so many events, or nanoseconds of a clock */
      readonly period: bigint;
      readonly cpus: "all" | "one";
    };

/** The buckets of linear_histogram: `step` wide from `low` on, the last one ends at `high`; one below and one above beside them. */
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
  /** of linear_histogram */
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
  /** the same few values come again and again, as ids of processes and descriptors do; not so addresses and sectors */
  readonly recurs: boolean;
}

/** What is known in the kernel of the spans of one `{from, to}` that are open. */
export interface SpanState {
  /** unique within the rule */
  readonly id: number;
  readonly name: string;
  /** what the start and the end of one span have in common; absent: the thread */
  readonly match?: SpanMatch;
  /** values carried from start to end: numbers take 8 bytes, all else what its type says */
  readonly keeps: readonly Column[];
  /** a start may find that it cannot read what it keeps, or asks for: the end is told */
  readonly unreadable?: true;
  readonly timeoutNs: bigint;
  readonly restart: boolean;
  readonly span: Span;
}

/** Numbers that a rule remembers for each key from one event to the next: `state` of a rule. Each is an unsigned word, 0 until it is set. */
export interface Memo {
  /** unique within the rule */
  readonly id: number;
  readonly name: string;
  readonly key: readonly Column[];
  readonly keeps: readonly string[];
  /** what is set may not have been readable, or it may not be known whether it is to be set: who reads it is told */
  readonly unreadable?: true;
}

/** Finds an open span, and binds variables: `elapsed`, and `keeps` in the order of the state's. Of kept bytes the variable is the address. */
interface SpanLook {
  readonly state: number;
  readonly match: readonly Value[];
  readonly elapsed: number;
  readonly keeps: readonly number[];
  readonly span: Span;
}

/** What a program does, in order. A failed `filter`, `span-close` or `inside` ends the run, or goes on at the next part. */
export type Step =
  /**
   * ends the run but at system calls that the points name: their number is that of the call. Not 0 is `compat` of a 32-bit call, whose
   * numbers are others. The run of a call that it is `lastFor` ends with this part: no part behind it is for any of its calls
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
  /** evaluate once, use often */
  | { readonly do: "bind"; readonly variable: number; readonly value: Scalar; readonly span: Span }
  /** `match` are the values of the state's, none where it is the thread */
  | {
      readonly do: "span-open";
      readonly state: number;
      readonly match: readonly Value[];
      readonly keeps: readonly Value[];
      /** not 0 where the start is not the running thread's doing, as it is where that is absent */
      readonly byChance?: Scalar;
      readonly span: Span;
    }
  /** ends the run where no start is open; else closes it and binds the duration (ns) and what was kept */
  | (SpanLook & { readonly do: "span-close" })
  /** a thread, by its `task_struct` and its id, is no more: a span that it has open is counted as orphaned */
  | {
      readonly do: "span-abandon";
      readonly state: number;
      readonly task: Scalar;
      readonly thread: Scalar;
      readonly span: Span;
    }
  /** `during`: ends the run where no such span is open; binds its age so far and what was kept */
  | (SpanLook & { readonly do: "inside" })
  /** binds what is remembered of a key, in the order of the memo's `keeps`, for the run to use and to set */
  | {
      readonly do: "memo-read";
      readonly memo: number;
      readonly key: readonly Value[];
      readonly keeps: readonly number[];
      readonly span: Span;
    }
  /** sets some of what is remembered of the key that the run has read last; indexes into the memo's `keeps` */
  | {
      readonly do: "memo-write";
      readonly memo: number;
      readonly values: readonly { readonly index: number; readonly value: Scalar }[];
      readonly span: Span;
    }
  /** what ended the run before goes on here; nothing that was bound or computed before is known any more */
  | { readonly do: "next-part" }
  /** counts the run as matched in the rule's health */
  | { readonly do: "matched" }
  /** counts a call whose return the kernel will not probe */
  | { readonly do: "return-missed"; readonly span: Span }
  /** update aggregates (indexes into CheckedProgram.aggregates) under a key */
  | {
      readonly do: "aggregate";
      readonly key: readonly Value[];
      readonly updates: readonly AggregateUpdate[];
      /** not 0 where the event is not the running thread's doing, as it is where that is absent */
      readonly byChance?: Scalar;
      readonly span: Span;
    }
  /** send a record to the ring; `byChance` is not 0 where the event is not the running thread's doing, as it is where that is absent */
  | {
      readonly do: "emit";
      readonly fields: readonly Value[];
      readonly byChance?: Scalar;
      /** where something could not be read: leave it to the call's return by a mark of this number, and end the run */
      readonly defers?: number;
      readonly span: Span;
    }
  /** ends the run but at the return of a call that has left such a mark */
  | { readonly do: "deferred"; readonly mark: number; readonly span: Span };

export interface AggregateUpdate {
  readonly aggregate: number;
  /** absent for count(), and where there are `bytes` */
  readonly value?: Scalar;
  /** what distinct() is given where that is no number */
  readonly bytes?: Bytes;
  /** how often the event counts, never negative; once where absent */
  readonly weight?: Scalar;
}

/** One program: the same steps at every one of its attach points. */
export interface ProbeProgram {
  readonly name: string;
  readonly attach: readonly AttachPoint[];
  readonly steps: readonly Step[];
  readonly span: Span;
}

/** A rule's kernel half with nothing left to look up. */
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
  /** for how long a key is remembered after it was last seen */
  readonly keyWindowMs: number;
  readonly ringBytes: number;
  /** spans of one state that each user may have open */
  readonly spanLimit: number;
  /** records a second that each user may send; no limit where absent */
  readonly recordRate?: number;
}
