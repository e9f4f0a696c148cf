import { describeErrno } from "./errno.ts";
import { lastErrno } from "./libc.ts";

/** Commands of bpf(2), and the other system calls that this package makes, as errors name them. */
export type Operation =
  | "BPF_MAP_CREATE"
  | "BPF_MAP_LOOKUP_ELEM"
  | "BPF_MAP_UPDATE_ELEM"
  | "BPF_MAP_DELETE_ELEM"
  | "BPF_MAP_GET_NEXT_KEY"
  | "BPF_MAP_LOOKUP_BATCH"
  | "BPF_MAP_LOOKUP_AND_DELETE_BATCH"
  | "BPF_MAP_DELETE_BATCH"
  | "BPF_PROG_LOAD"
  | "BPF_PROG_TEST_RUN"
  | "BPF_BTF_LOAD"
  | "BPF_OBJ_GET_INFO_BY_FD"
  | "BPF_*_GET_NEXT_ID"
  | "BPF_LINK_CREATE"
  | "BPF_RAW_TRACEPOINT_OPEN"
  | "BPF_ENABLE_STATS"
  | "perf_event_open"
  | "ioctl PERF_EVENT_IOC_SET_BPF"
  | "ioctl PERF_EVENT_IOC_ENABLE"
  | "mmap";

/** A system call that the kernel refused. */
export class BpfError extends Error {
  override readonly name: string = "BpfError";
  readonly operation: Operation;
  /** positive, as in errno(3) */
  readonly errno: number;
  /** the name of `errno`, such as `EPERM` */
  readonly code: string;

  /** @param subject the object of the call, such as `map "counts"` */
  constructor(operation: Operation, errno: number, subject: string, options?: ErrorOptions) {
    const { name, description } = describeErrno(errno);
    const cause = likelyCause(operation, name);
    super(`${subject}: ${operation}: ${description} (${name})${cause ? `: ${cause}` : ""}`, options);
    this.operation = operation;
    this.errno = errno;
    this.code = name;
  }
}

const NEEDS_BPF =
  "needs CAP_BPF, and CAP_PERFMON for tracing (CAP_SYS_ADMIN before Linux 5.8); before Linux 5.11 RLIMIT_MEMLOCK may be too low";
const NEEDS_PERFMON =
  "needs CAP_PERFMON, or CAP_SYS_ADMIN for uprobes and where the kernel.perf_event_paranoid sysctl is 3 or more";

/**
 * The usual meaning of an errno of an operation. Keys are `operation errno`, or the errno alone.
 */
const LIKELY_CAUSES: Readonly<Record<string, string>> = {
  EPERM: NEEDS_BPF,
  "BPF_ENABLE_STATS EPERM": "needs CAP_SYS_ADMIN",
  "BPF_*_GET_NEXT_ID EPERM": "needs CAP_SYS_ADMIN",
  "BPF_MAP_UPDATE_ELEM E2BIG": "the map is full, or the index is beyond its end",
  "BPF_MAP_UPDATE_ELEM EEXIST": "the key exists already",
  "BPF_MAP_LOOKUP_BATCH ENOSPC": "one bucket holds more entries than the buffers have room for",
  "BPF_MAP_LOOKUP_AND_DELETE_BATCH ENOSPC": "one bucket holds more entries than the buffers have room for",
  "BPF_MAP_CREATE EINVAL": "the kernel lacks this map type or flag, or a size is outside of its range",
  "BPF_LINK_CREATE EEXIST": "the program is attached there already",
  "BPF_LINK_CREATE EINVAL": "the program's type does not fit its target",
  "BPF_RAW_TRACEPOINT_OPEN ENOENT": "the kernel has no tracepoint of that name",
  "BPF_PROG_TEST_RUN ENOTSUPP": "the kernel cannot test-run programs of this type",
  "perf_event_open EACCES": NEEDS_PERFMON,
  "perf_event_open EPERM": NEEDS_PERFMON,
  "perf_event_open ENOENT": "no such tracepoint or file",
  "perf_event_open ENODEV": "no such tracepoint, or the CPU is offline",
  "perf_event_open EOPNOTSUPP": "the machine's hardware does not count this event",
  "ioctl PERF_EVENT_IOC_SET_BPF EPERM": NEEDS_BPF,
  "ioctl PERF_EVENT_IOC_SET_BPF EEXIST": "the program is attached there already",
  "BPF_OBJ_GET_INFO_BY_FD EPERM": "needs CAP_BPF (CAP_SYS_ADMIN before Linux 5.8)",
};

function likelyCause(operation: Operation, errno: string): string | undefined {
  return LIKELY_CAUSES[`${operation} ${errno}`] ?? LIKELY_CAUSES[errno];
}

/** Returns the result of a libbpf function, or throws BpfError for a negative errno. */
export function checked(operation: Operation, result: number, subject: string): number {
  if (result < 0) throw new BpfError(operation, -result, subject);
  return result;
}

/** Returns the result of a libc function, or throws BpfError with errno if it is -1. */
export function checkedErrno(operation: Operation, result: number, subject: string): number {
  if (result < 0) throw new BpfError(operation, lastErrno(), subject);
  return result;
}
