import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { allDaemonRecords, daemonRecordOf } from "../service/daemon-record.ts";
import { hasErrno } from "../service/has-errno.ts";

/** How a command finds the daemon. */
export interface DaemonOptions {
  readonly config?: string;
  readonly socket?: string;
}

/** A place where a daemon may listen. */
export interface DaemonPlace {
  readonly socket: string;
  /** where a daemon has said that it listens there */
  readonly folder?: string;
  readonly pid?: number;
}

const PACKAGED = "/etc/bpfwarden";
/** What `npm start` runs on. */
const CHECKOUT = join(import.meta.dirname, "../..");

/**
 * Where to look for the daemon, in this order: at the socket that is given; else where the daemon of the folder has said at its start that
 * it listens, where the folder's settings say, which may be faulty or others by now, and where it listens without settings. Without a
 * folder, that of the packaged service comes first, then the checkout that this program stands in.
 */
export async function* placesOf({ config, socket }: DaemonOptions): AsyncGenerator<DaemonPlace> {
  if (socket !== undefined) {
    yield { socket: resolve(socket) };
    return;
  }
  const folders = config === undefined ? [PACKAGED, CHECKOUT] : [resolve(config)];
  const seen = new Set<string>();
  for (const folder of folders) {
    for await (const place of placesOfFolder(folder)) {
      if (!seen.has(place.socket)) yield place;
      seen.add(place.socket);
    }
  }
}

/** Daemons of other folders, of which one is asked where nothing is said of which, and it is the only one. */
export function otherPlaces({ config, socket }: DaemonOptions): readonly DaemonPlace[] {
  if (config !== undefined || socket !== undefined) return [];
  return allDaemonRecords().filter(({ folder }) => folder !== PACKAGED && folder !== CHECKOUT);
}

async function* placesOfFolder(folder: string): AsyncGenerator<DaemonPlace> {
  const record = daemonRecordOf(folder);
  if (record !== undefined) yield record;
  // Only where it is needed: it takes longer to read this code than the daemon takes to answer.
  const { readSettings } = await import("../settings/read-settings.ts");
  const source = await sourceAt(join(folder, "bpfwarden.yaml"));
  for (const text of source === undefined ? [undefined] : [source, undefined]) {
    const socket = readSettings(text, folder, hostname()).result?.socket;
    if (socket !== undefined) yield { socket };
  }
}

async function sourceAt(path: string) {
  const { decodeSource } = await import("../yaml/decode-source.ts");
  try {
    return decodeSource(path, readFileSync(path)).result;
  } catch (error) {
    if (hasErrno(error)) return undefined;
    throw error;
  }
}
