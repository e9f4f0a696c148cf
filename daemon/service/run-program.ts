import koffi from "koffi";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ControlGroup, makeControlGroup } from "./control-group.ts";
import type { ProgramOrders } from "./program-main.ts";

export interface ProgramRun extends Omit<ProgramOrders, "group"> {
  /** the whole standard input */
  readonly input: string;
  /** the name of its control group, different for each run */
  readonly name: string;
  /** kills the program and its children when it is aborted */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  /** null if a signal ended it */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** the beginning of standard error */
  readonly errors: string;
}

const MAIN = fileURLToPath(new URL("program-main.ts", import.meta.url));
const FLAGS = [
  "--max-old-space-size=32",
  "--max-semi-space-size=1",
  "--v8-pool-size=0",
  "--disable-sigusr1",
  "--no-warnings",
];

/** The most of standard error that is kept. */
const MAX_ERRORS = 8192;

/**
 * Runs a program to its end in a session, and where possible a control group, of its own. It has no
 * capabilities and cannot get any. Rejects only if no process can be started.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const group = makeControlGroup(run.name);
  try {
    const { path, args, environment } = run;
    const orders: ProgramOrders = { path, args, environment, ...(group !== undefined && { group: group.folder }) };
    const { child, reading } = start(orders, run.input);
    const errors = beginningOf(reading);
    return await ended(child, group, run.signal, errors);
  } finally {
    void group?.remove();
  }
}

/** Starts the process; `reading` is the other end of its standard error. */
function start(orders: ProgramOrders, text: string): { readonly child: ChildProcess; readonly reading: number } {
  using ours = new DisposableStack();
  const input = ours.adopt(inputFile(text), closeSync);
  const [reading, writing] = openPipe();
  ours.adopt(writing, closeSync);
  using unread = new DisposableStack();
  unread.adopt(reading, closeSync);
  // It throws if the arguments are too long.
  const child = spawn(process.execPath, [...FLAGS, MAIN, JSON.stringify(orders)], {
    cwd: "/",
    env: {},
    detached: true,
    stdio: [input, "ignore", writing],
  });
  unread.move();
  return { child, reading };
}

async function ended(
  child: ChildProcess,
  group: ControlGroup | undefined,
  signal: AbortSignal,
  errors: Beginning,
): Promise<ProgramEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  const kill = (): void => {
    group?.kill();
    // Its children have the number of its process group, unless they left the group.
    if (child.exitCode === null && child.signalCode === null) killProcessGroup(child.pid);
  };
  child.once("error", reject);
  child.once("exit", (code, by) => void errors.take().then((text) => resolve({ code, signal: by, errors: text })));
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", kill);
    group?.kill();
  }
}

function killProcessGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

interface Beginning {
  /** Returns the text, and stops reading. */
  readonly take: () => Promise<string>;
}

/** The longest wait for the rest of a pipe, which children of the program may hold open. */
const REST_MS = 200;

/** Reads a pipe so that its writers never wait, and keeps the beginning. */
function beginningOf(fd: number): Beginning {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const pipe = new Socket({ fd, readable: true, writable: false });
  const closed = once(pipe, "close").catch(() => undefined);
  pipe.on("data", (piece: Buffer) => {
    if (bytes < MAX_ERRORS) pieces.push(piece);
    bytes += piece.length;
  });
  return {
    async take() {
      await Promise.race([closed, sleep(REST_MS)]);
      pipe.destroy();
      return Buffer.concat(pieces).subarray(0, MAX_ERRORS).toString("utf8");
    },
  };
}

/** fcntl.h and linux/memfd.h, the same on x86-64 and arm64 */
const O_CLOEXEC = 0o2000000;
const MFD_CLOEXEC = 1;

/**
 * Returns a file in memory with this text, opened for reading. Unlike Node's sockets, it can be
 * opened as `/dev/stdin`, and a program that does not read it breaks no pipe.
 */
function inputFile(text: string): number {
  const create = koffi.load(null).func("int memfd_create(const char *name, unsigned int flags)");
  const fd = create("bpfwarden-input", MFD_CLOEXEC) as number;
  if (fd < 0) throw new Error(`a file in memory cannot be made: errno ${koffi.errno()}`);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    return openSync(`/proc/self/fd/${fd}`, "r");
  } finally {
    closeSync(fd);
  }
}

/** Returns the ends of a pipe, which programs can open as `/dev/stderr`. */
function openPipe(): readonly [reading: number, writing: number] {
  const ends = new Int32Array(2);
  const made = koffi.load(null).func("int pipe2(int *ends, int flags)")(ends, O_CLOEXEC) as number;
  if (made !== 0) throw new Error(`a pipe cannot be made: errno ${koffi.errno()}`);
  const [reading = -1, writing = -1] = ends;
  return [reading, writing];
}
