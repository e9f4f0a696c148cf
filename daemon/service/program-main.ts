import koffi from "koffi";
import { readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * The process that becomes a program: it gives up what the program must not have, and then executes
 * it. Nothing else of this process is left then.
 */

/** The program and its surroundings, as JSON in the first argument. */
export interface ProgramOrders {
  readonly path: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** the folder of a control group that it enters */
  readonly group?: string;
}

/** fcntl(2), prctl(2), capset(2), signal(2) */
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const PR_SET_PDEATHSIG = 1;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const SIGKILL = 9;
const SIGPIPE = 13;
const CAPABILITY_VERSION_3 = 0x20080522;
/** The status that shells have for a program that cannot be executed. */
const NOT_EXECUTED = 126;

const { path, args, environment, group } = JSON.parse(process.argv[2] ?? "") as ProgramOrders;
const libc = koffi.load("libc.so.6");
const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);

if (group !== undefined) writeFileSync(`${group}/cgroup.procs`, "0");
takeOrdinaryShares();
dropPrivileges();
keepStandardStreams();
// Node.js ignores it, and execve(2) would pass that on.
libc.func("void *signal(int signum, void *handler)")(SIGPIPE, null);
libc.func("int execve(const char *path, const char **argv, const char **envp)")(
  path,
  [path, ...args, null],
  [...variables, null],
);
writeSync(2, `it cannot be executed: errno ${koffi.errno()}\n`);
process.exit(NOT_EXECUTED);

/**
 * Gives up what the daemon has before other programs, for processors and memory. If it has less
 * than they, it cannot give itself more.
 */
function takeOrdinaryShares(): void {
  const score = "/proc/self/oom_score_adj";
  if (getPriority() < 0) setPriority(0);
  if (Number(readFileSync(score, "utf8")) < 0) writeFileSync(score, "0");
}

/**
 * Lets execve(2) close all descriptors but the standard streams. Node.js marks those too, and
 * others may come from the process that started the daemon.
 */
function keepStandardStreams(): void {
  const fcntl = libc.func("int fcntl(int fd, int command, int argument)");
  for (const fd of readdirSync("/proc/self/fd").map(Number)) fcntl(fd, F_SETFD, fd > 2 ? FD_CLOEXEC : 0);
}

/**
 * Drops all capabilities. With "no new privileges", execve(2) gives none back, also not to root
 * (capabilities(7), cap_bprm_creds_from_file of the kernel's security/commoncap.c). So the bounding
 * set, which only CAP_SETPCAP could change, does not matter.
 */
function dropPrivileges(): void {
  const prctl = libc.func("int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)");
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const failed = [
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) as number,
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) as number,
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) as number,
    libc.func("int capset(void *header, const void *data)")(header, Buffer.alloc(24)) as number,
  ].some((result) => result !== 0);
  if (failed) throw new Error("privileges cannot be dropped");
}
