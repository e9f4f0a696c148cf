import type { Span } from "../source/source.ts";
import type { Pattern } from "./pattern.ts";

/**
 * The checker's output for the compiler: without names, types and BTF, with every operation
 * explicit. A Scalar is one 64-bit register, already extended to 64 bits by its signedness.
 */
export type Scalar =
  | { readonly op: "constant"; readonly value: bigint }
  /** a load from the program's context (tracepoint record, pt_regs, raw tracepoint arguments) */
  | { readonly op: "context"; readonly offset: number; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  /** the address of a place in the context: `offset`, or a `__data_loc` field at `locatedAt` */
  | { readonly op: "context-address"; readonly offset: number }
  | { readonly op: "context-located-address"; readonly locatedAt: number }
  /** a raw helper result; the compiler calls it once per run */
  | { readonly op: "helper"; readonly helper: ScalarHelper }
  /** the process that reads the counters, as a tgid of the initial namespace */
  | { readonly op: "reader-tgid" }
  /**
   * `how`: "direct" is a plain load through a BTF pointer; the others use
   * bpf_probe_read_{kernel,user}, where a fault gives 0 and is counted
   */
  | {
      readonly op: "load";
      readonly base: Scalar;
      readonly offset: number;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly how: "direct" | "kernel" | "user";
      /** a bitfield: `shift` bits up from the least significant of the loaded bytes, `bits` wide */
      readonly bitfield?: { readonly shift: number; readonly bits: number };
    }
  | { readonly op: "negate" | "complement" | "not"; readonly operand: Scalar }
  /** the same bits as a plain number: the verifier forbids most arithmetic on a pointer */
  | { readonly op: "number"; readonly operand: Scalar }
  /**
   * 64-bit, wrapping; x / 0 and x % 0 are 0; shifts mask to 63; signed division truncates;
   * comparisons give 0 or 1
   */
  | {
      readonly op: "binary";
      readonly operator: ScalarOperator;
      readonly signed: boolean;
      readonly left: Scalar;
      readonly right: Scalar;
    }
  /** short-circuit; operands are 0 or 1 */
  | { readonly op: "and" | "or"; readonly left: Scalar; readonly right: Scalar }
  | { readonly op: "conditional"; readonly test: Scalar; readonly then: Scalar; readonly otherwise: Scalar }
  /** truncates to `bits`, then extends */
  | { readonly op: "extend"; readonly bits: 8 | 16 | 32; readonly signed: boolean; readonly operand: Scalar }
  /** reverses the byte order of the low `bits` */
  | { readonly op: "swap"; readonly bits: 16 | 32 | 64; readonly operand: Scalar }
  /**
   * the number of a system call; if `test` is not 0 it is a 32-bit call, and the number is the one
   * that `sharedNumbers` gives
   */
  | { readonly op: "call-number"; readonly operand: Scalar; readonly test: Scalar }
  /** the cookie of a socket, which is an argument of a raw tracepoint; a socket without one gets one */
  | { readonly op: "socket-cookie"; readonly operand: Scalar }
  /** keeps a stack in the map `stacks`; the value is its id there */
  | StackScalar
  /** bound earlier in the same program by a `bind` or `span-close` step */
  | { readonly op: "variable"; readonly variable: number }
  /**
   * 1 if the bytes of `left` equal `right` under `mask` (all bits if absent); a string literal
   * includes its NUL, a prefix does not
   */
  | { readonly op: "bytes-equal"; readonly left: Bytes; readonly right: Uint8Array; readonly mask?: Uint8Array }
  /** 1 if two values of the same fixed size are equal */
  | { readonly op: "memory-equal"; readonly left: Bytes; readonly right: Bytes }
  /** 1 if two strings are equal, or with `prefix`, if the left one begins with the right one */
  | { readonly op: "text-equal"; readonly left: Bytes; readonly right: Bytes; readonly prefix: boolean }
  /** 1 if the whole of a string matches */
  | { readonly op: "text-matches"; readonly text: Bytes; readonly pattern: Pattern }
  /** the number of bytes of a string without its NUL */
  | { readonly op: "text-length"; readonly text: Bytes };

/**
 * The call stack of the running thread, innermost frame first, cut to `frames`; or only the address
 * `frame` if given. Its id is a hash of the frames and, in user space, of the process: the same
 * addresses mean other functions in another process.
 */
export interface StackScalar {
  readonly op: "stack";
  readonly frames: number;
  readonly frame?: Scalar;
  /** the process whose memory the addresses are in; absent for the kernel */
  readonly process?: StackProcess;
}

/** Identifies the memory of a process among those of all others before and after it. */
export interface StackProcess {
  readonly pid: Scalar;
  /** when the process began, CLOCK_BOOTTIME ns; 0 if the kernel's BTF does not say */
  readonly startNs: Scalar;
  /** the number of execve(2) calls: after each the functions are different */
  readonly execs: Scalar;
}

export type ScalarOperator =
  "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>" | "==" | "!=" | "<" | "<=" | ">" | ">=";

export type ScalarHelper =
  /** bpf_get_current_pid_tgid: tgid << 32 | pid */
  | "pid_tgid"
  /** bpf_get_current_uid_gid: gid << 32 | uid */
  | "uid_gid"
  /** bpf_ktime_get_boot_ns */
  | "boot_ns"
  | "cpu"
  /** bpf_get_numa_node_id */
  | "numa_node"
  /** bpf_get_current_cgroup_id */
  | "cgroup_id"
  /** bpf_get_current_task, or bpf_get_current_task_btf if the kernel has it */
  | "task";

/**
 * A value wider than a register. `bytes` is the room that it takes. In keys shorter strings are
 * filled with zeros.
 */
export type Bytes =
  | { readonly op: "literal"; readonly value: Uint8Array; readonly bytes: number }
  /**
   * A NUL-terminated string at an address, cut at `bytes` - 1. With `marked`, here and below, the
   * last word of its room says if it was cut. For a string that a span has kept, `markAt` is the
   * offset of its own mark from its address. With `joins`, ARGUMENT_END becomes a space.
   */
  | {
      readonly op: "string";
      readonly address: Scalar;
      readonly space: "kernel" | "user";
      readonly bytes: number;
      readonly marked?: true;
      readonly markAt?: number;
      readonly joins?: true;
    }
  /**
   * A fixed number of bytes at an address, or only `length` of them, which is unsigned. With
   * `holdsLength` the last word of its room has the length plus one. If there are more than
   * `bytes`, it has TEXT_MARK and a hash of the rest.
   */
  | {
      readonly op: "memory";
      readonly address: Scalar;
      readonly space: "kernel" | "user";
      readonly bytes: number;
      readonly length?: Scalar;
      readonly holdsLength?: true;
      readonly markAt?: number;
    }
  /** a fixed number of bytes in the context */
  | { readonly op: "context-bytes"; readonly offset: number; readonly bytes: number }
  /**
   * the name of the point that fired (`AttachPoint.names`), with a NUL, filled with zeros to a
   * multiple of 8
   */
  | { readonly op: "probe-name"; readonly which: "probe" | "func"; readonly bytes: number }
  /** bpf_get_current_comm, 16 bytes */
  | { readonly op: "comm"; readonly bytes: 16 }
  /** a text of at most 8 bytes in one number; the first byte is the lowest, and zeros follow */
  | { readonly op: "characters"; readonly value: Scalar; readonly bytes: 16 }
  /** a v4 address as loaded from memory on this machine, written as `::ffff:a.b.c.d` */
  | { readonly op: "mapped-v4"; readonly value: Scalar; readonly bytes: 16 }
  /**
   * the path of a `struct path` at an address, or the path from a `struct dentry` up to the root of
   * its file system, walked dentry by dentry
   */
  | {
      readonly op: "path";
      readonly from: "path" | "dentry";
      readonly address: Scalar;
      readonly layout: PathLayout;
      readonly bytes: number;
      readonly marked?: true;
    }
  /**
   * up to `count` strings of the process, joined by spaces, or with `separated` by ARGUMENT_END;
   * the pointers to them are at an address and end with a null
   */
  | {
      readonly op: "arguments";
      readonly address: Scalar;
      readonly count: number;
      readonly bytes: number;
      readonly separated?: true;
      readonly marked?: true;
    }
  | {
      readonly op: "choose";
      readonly test: Scalar;
      readonly then: Bytes;
      readonly otherwise: Bytes;
      readonly bytes: number;
    };

/**
 * Byte offsets for walking a path, from BTF. The `mount` ones are relative to `struct mount`; `mnt`
 * is within it.
 */
export interface PathLayout {
  readonly pathMnt: number;
  readonly pathDentry: number;
  readonly dentryParent: number;
  readonly dentryNamePointer: number;
  readonly dentryNameLength: number;
  readonly vfsmountRoot: number;
  readonly mountMnt: number;
  readonly mountParent: number;
  readonly mountMountpoint: number;
  readonly dentryOperations: number;
  readonly dentrySuper: number;
  readonly dentryInode: number;
  /** offset of `d_hash.pprev`: the pointer there is null if a look-up by name cannot find the dentry */
  readonly dentryHashed: number;
  readonly operationsName: number;
  readonly superMagic: number;
  readonly inodeNumber: number;
  /** in a namespace's inode: its struct ns_common */
  readonly inodePrivate: number;
  readonly namespaceOperations: number;
  readonly namespaceName: number;
}

/** A value and its place in the rule, for line info and verifier errors. */
export type Value = { readonly span: Span } & ({ readonly scalar: Scalar } | { readonly bytes: Bytes });
