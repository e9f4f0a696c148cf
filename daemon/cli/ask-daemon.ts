import { readFileSync } from "node:fs";
import { visible } from "../../bpf/source/visible.ts";
import {
  controlClient,
  ControlError,
  NobodyListens,
  type ControlClient,
  type Patience,
} from "../api/control-client.ts";
import { type DaemonOptions, type DaemonPlace, otherPlaces, placesOf } from "./find-daemon.ts";
import { fail } from "./host-trouble.ts";

export type { DaemonOptions } from "./find-daemon.ts";

export const CONFIG_OPTION = [
  "--config <folder>",
  "of the daemon; where not given that of the service, of this checkout, or of the only one that runs",
] as const;
export const SOCKET_OPTION = ["--socket <path>", "where it listens, whatever its settings say"] as const;

/** A command gives up after this time of its own life, whatever the daemon does. */
const GIVE_UP_MS = 2_800;
/** What a daemon has for its answer at least, on a host that is so busy that this program took long to start. */
const LEAST_MS = 1_500;
/** A drill waits for receivers, once the daemon has shown that it answers. */
const DRILL_MS = 300_000;

/**
 * Asks the running daemon; what cannot be answered is told with exit code 1.
 *
 * @param waits the answer may take as long as receivers do
 */
export async function askDaemon(
  options: DaemonOptions,
  ask: (client: ControlClient) => Promise<void>,
  waits: "little" | "for receivers" = "little",
): Promise<void> {
  try {
    const { place, patience } = await findDaemon(options);
    await ask(clientOf(place, waits === "little" ? patience : patienceOf(DRILL_MS)));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    fail(error.message);
  }
}

function patienceOf(timeoutMs: number): Patience {
  return { timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
}

function clientOf({ socket, pid }: DaemonPlace, patience: Patience): ControlClient {
  return controlClient(socket, { ...patience, whyLate: () => whyLate(pid) });
}

interface FoundDaemon {
  readonly place: DaemonPlace;
  /** what is left for the answer */
  readonly patience: Patience;
}

/** The first place at which a daemon answers. Throws ControlError where none does, or several that nothing tells apart. */
async function findDaemon(options: DaemonOptions): Promise<FoundDaemon> {
  const reasons: string[] = [];
  let patience: Patience | undefined;
  for await (const place of placesOf(options)) {
    patience ??= patienceOf(Math.round(Math.max(LEAST_MS, GIVE_UP_MS - process.uptime() * 1000)));
    const reason = await whyNobody(place, patience);
    if (reason === undefined) return { place, patience };
    if (!reasons.includes(reason)) reasons.push(reason);
  }
  const others: DaemonPlace[] = [];
  patience ??= patienceOf(LEAST_MS);
  for (const place of otherPlaces(options)) if ((await whyNobody(place, patience)) === undefined) others.push(place);
  const [only] = others;
  if (only === undefined) throw new ControlError(reasons.join("\n  "));
  if (others.length === 1) return { place: only, patience };
  const folders = others.map(({ folder = "" }) => visible(folder));
  throw new ControlError(`several daemons run: choose one by --config\n  ${folders.join("\n  ")}`);
}

/** Why nobody listens there; undefined where a daemon answers. Rejects with ControlError where one listens and does not answer. */
async function whyNobody(place: DaemonPlace, patience: Patience): Promise<string | undefined> {
  try {
    await clientOf(place, patience).ping();
    return undefined;
  } catch (error) {
    if (error instanceof NobodyListens) return error.message;
    throw error;
  }
}

/** What the kernel says of a process that does not answer. */
function whyLate(pid: number | undefined): string {
  const state = pid === undefined ? undefined : stateOf(pid);
  if (state === "T") return `: the process ${pid} is stopped, kill -CONT ${pid} lets it go on`;
  return pid === undefined ? "" : `: the process ${pid} is busy`;
}

/** The letter of proc_pid_stat(5); the name before it may hold anything but ends in the last parenthesis. */
function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3);
  } catch {
    return undefined;
  }
}
