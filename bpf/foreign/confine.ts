import koffi from "koffi";
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Capabilities, by number (capability.h): to read other users' files, their /proc, and
 * `/proc/PID/map_files`.
 */
const CAP_DAC_READ_SEARCH = 2n;
const CAP_SYS_PTRACE = 19n;
const CAP_CHECKPOINT_RESTORE = 40n;
const KEPT = [CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_CHECKPOINT_RESTORE].reduce(
  (mask, bit) => mask | (1n << bit),
  0n,
);

/** prctl(2), capset(2), setrlimit(2) */
const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const SIGKILL = 9;
const CAPABILITY_VERSION_3 = 0x20080522;
const RLIMIT_DATA = 2;
const RLIMIT_CORE = 4;

/**
 * The limit of memory that the process may allocate. V8 alone reserves hundreds of megabytes, and
 * uses a tenth of them.
 */
const DATA_BYTES = 2n << 30n;
/** A lower priority than the daemon and the programs that it observes. */
const NICE = 5;
/** The process is killed before all others when memory is short: /proc/PID/oom_score_adj */
const FIRST_TO_GO = "1000";

/**
 * Drops all privileges of this process except those that reading needs. The process ends with its
 * parent, cannot get privileges back, and is killed first when memory is short. Only the thread
 * that calls this, and threads that it starts, lose privileges: it is the thread that reads. (By
 * then V8 has a timer thread, which does nothing else.)
 */
export function confine(): void {
  const libc = koffi.load("libc.so.6");
  const prctl = libc.func("int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)");
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Without CAP_SETPCAP the bounding set stays. It is of no use to a process that cannot get
  // privileges.
  for (let bit = 0n; bit < 64n; bit++) if ((KEPT & (1n << bit)) === 0n) prctl(PR_CAPBSET_DROP, Number(bit), 0, 0, 0);
  dropCapabilities(libc.func("int capset(void *header, const void *data)"));
  const setrlimit = libc.func("int setrlimit(int resource, const void *limit)");
  setrlimit(RLIMIT_CORE, limitOf(0n));
  setrlimit(RLIMIT_DATA, limitOf(DATA_BYTES));
  attempt(() => setPriority(NICE));
  attempt(() => writeFileSync("/proc/self/oom_score_adj", FIRST_TO_GO));
}

/**
 * Drops capabilities by `struct __user_cap_header_struct` and two of `struct
 * __user_cap_data_struct`: effective, permitted, inheritable, u32 each.
 */
function dropCapabilities(capset: (header: Buffer, data: Buffer) => number): void {
  const permitted = BigInt(
    `0x${/^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0"}`,
  );
  const kept = permitted & KEPT;
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [index, half] of [kept & 0xffffffffn, kept >> 32n].entries()) {
    data.writeUInt32LE(Number(half), 12 * index);
    data.writeUInt32LE(Number(half), 12 * index + 4);
  }
  if (capset(header, data) !== 0) throw new Error("capset failed");
}

/** Returns a `struct rlimit`: soft and hard limit. */
function limitOf(value: bigint): Buffer {
  return Buffer.from(BigUint64Array.of(value, value).buffer);
}

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // The process can read without this.
  }
}
