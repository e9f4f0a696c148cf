import { readFileSync } from "node:fs";
import { visible } from "../../bpf/source/visible.ts";
import {
  controlClient,
  ControlError,
  NoListener,
  type ControlClient,
  type Patience,
  WrongRequest,
} from "../api/control-client.ts";
import { type DaemonOptions, type DaemonPlace, otherPlaces, placesOf } from "./find-daemon.ts";
import { fail } from "./host-trouble.ts";

export type { DaemonOptions } from "./find-daemon.ts";

export const CONFIG_OPTION = [
  "--config <folder>",
  "the daemon's folder; default: that of the service, of this checkout, or of the only running daemon",
] as const;
export const SOCKET_OPTION = ["--socket <path>", "the daemon's socket, instead of the one in its settings"] as const;

/** The longest time that a command runs, even if the daemon does not answer. */
const GIVE_UP_MS = 2_800;
/** The least time for the daemon's answer, on a busy host where this program started slowly. */
const LEAST_MS = 1_500;
/** The time to read a long history. */
const HISTORY_MS = 30_000;
/** The time for a drill's receivers, after the daemon has answered once. */
const DRILL_MS = 300_000;

/** The time for an answer. */
const WAITS = { "for the history": HISTORY_MS, "for receivers": DRILL_MS } as const;

export interface AskOptions {
  /** allows the answer more time */
  readonly waits?: keyof typeof WAITS;
  /** called instead of printing the reason if no daemon listens */
  readonly whenNone?: (reason: string) => Promise<void>;
}

/**
 * Asks the running daemon. If that fails, prints the reason and sets the exit code: 2 if the daemon
 * takes the request for wrong, otherwise 1.
 */
export async function askDaemon(
  options: DaemonOptions,
  ask: (client: ControlClient, socket: string) => Promise<void>,
  { waits, whenNone }: AskOptions = {},
): Promise<void> {
  try {
    const { place, patience, isGuessed } = await findDaemon(options);
    if (isGuessed) noteGuess(place);
    await ask(clientOf(place, waits === undefined ? patience : patienceOf(WAITS[waits])), place.socket);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    if (error instanceof NoListener && whenNone !== undefined) return whenNone(error.message);
    fail(error.message, error instanceof WrongRequest ? 2 : 1);
  }
}

/**
 * Finds the running daemon for a command that asks it many times. Each call of `client` allows the
 * next answers the usual time. Prints the reason and sets the exit code as `askDaemon` does.
 */
export async function askRepeatedly(
  options: DaemonOptions,
  run: (client: () => ControlClient) => Promise<void>,
): Promise<void> {
  try {
    const { place, isGuessed } = await findDaemon(options);
    if (isGuessed) noteGuess(place);
    await run(() => clientOf(place, patienceOf(GIVE_UP_MS)));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    fail(error.message);
  }
}

function patienceOf(timeoutMs: number): Patience {
  return { timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
}

function clientOf({ socket, pid }: DaemonPlace, patience: Patience): ControlClient {
  return controlClient(socket, { ...patience, lateReason: () => lateReason(pid) });
}

interface FoundDaemon {
  readonly place: DaemonPlace;
  /** the remaining time for the answer */
  readonly patience: Patience;
  /** it is the only one that runs, in a folder that the user did not name */
  readonly isGuessed: boolean;
}

/** Names the folder: the answer alone does not show which daemon gave it. */
function noteGuess({ folder = "" }: DaemonPlace): void {
  console.error(`bpfwarden: asks the only running daemon, of ${visible(folder)}`);
}

/**
 * Returns the first place where a daemon answers. Throws ControlError if none does, or if several
 * run and the choice is ambiguous.
 */
async function findDaemon(options: DaemonOptions): Promise<FoundDaemon> {
  const reasons: string[] = [];
  let patience: Patience | undefined;
  for await (const place of placesOf(options)) {
    patience ??= patienceOf(Math.round(Math.max(LEAST_MS, GIVE_UP_MS - process.uptime() * 1000)));
    const reason = await noListenerReason(place, patience);
    if (reason === undefined) return { place, patience, isGuessed: false };
    if (!reasons.includes(reason)) reasons.push(reason);
  }
  const others: DaemonPlace[] = [];
  patience ??= patienceOf(LEAST_MS);
  for (const place of otherPlaces(options))
    if ((await noListenerReason(place, patience)) === undefined) others.push(place);
  const [only] = others;
  if (only === undefined) throw new NoListener(reasons.join("\n  "));
  if (others.length === 1) return { place: only, patience, isGuessed: true };
  const folders = others.map(({ folder = "" }) => visible(folder));
  throw new ControlError(`several daemons are running: choose one with --config\n  ${folders.join("\n  ")}`);
}

/**
 * Returns why no daemon listens at a place, or undefined if one answers. Rejects with ControlError
 * if one listens and does not answer.
 */
async function noListenerReason(place: DaemonPlace, patience: Patience): Promise<string | undefined> {
  try {
    await clientOf(place, patience).ping();
    return undefined;
  } catch (error) {
    if (error instanceof NoListener) return error.message;
    throw error;
  }
}

/** Describes the state of a process that does not answer. */
function lateReason(pid: number | undefined): string {
  const state = pid === undefined ? undefined : stateOf(pid);
  if (state === "T") return `: the process ${pid} is stopped; continue it with kill -CONT ${pid}`;
  return pid === undefined ? "" : `: the process ${pid} is busy`;
}

/**
 * Returns the state letter of proc_pid_stat(5). The name before it can contain any character and
 * ends at the last parenthesis.
 */
function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3);
  } catch {
    return undefined;
  }
}
