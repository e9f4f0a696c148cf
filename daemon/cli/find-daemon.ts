import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { Settings } from "../settings/settings.ts";
import { allDaemonRecords, daemonRecordOf } from "../service/daemon-record.ts";

/** The options to find the daemon. */
export interface DaemonOptions {
  readonly config?: string;
  readonly socket?: string;
}

/** A place where a daemon may listen. */
export interface DaemonPlace {
  readonly socket: string;
  /** the folder, if a daemon has recorded that it listens here */
  readonly folder?: string;
  readonly pid?: number;
}

const PACKAGED = "/etc/bpfwarden";
/** The folder that `npm start` uses. */
const CHECKOUT = join(import.meta.dirname, "../..");

/**
 * Yields the places to look for the daemon, in this order: the given socket; or else the socket
 * that the folder's daemon recorded at its start, the socket in the folder's settings, which may be
 * faulty or changed, and the default socket. Without a folder, that of the packaged service is
 * first, then this checkout.
 */
export async function* placesOf({ config, socket }: DaemonOptions): AsyncGenerator<DaemonPlace> {
  if (socket !== undefined) {
    yield { socket: resolve(socket) };
    return;
  }
  const folders = foldersOf(config);
  const seen = new Set<string>();
  for (const folder of folders) {
    for await (const place of placesOfFolder(folder)) {
      if (!seen.has(place.socket)) yield place;
      seen.add(place.socket);
    }
  }
}

const foldersOf = (config: string | undefined): readonly string[] =>
  config === undefined ? [PACKAGED, CHECKOUT] : [resolve(config)];

/** Yields the folders of the state, in the same order; none if a socket is given. */
export async function* stateFoldersOf({ config, socket }: DaemonOptions): AsyncGenerator<string> {
  if (socket !== undefined) return;
  for (const folder of foldersOf(config)) for await (const { stateDir } of settingsOfFolder(folder)) yield stateDir;
}

/** Returns daemons of other folders. If no folder is given and there is only one, it is asked. */
export function otherPlaces({ config, socket }: DaemonOptions): readonly DaemonPlace[] {
  if (config !== undefined || socket !== undefined) return [];
  return allDaemonRecords().filter(({ folder }) => folder !== PACKAGED && folder !== CHECKOUT);
}

async function* placesOfFolder(folder: string): AsyncGenerator<DaemonPlace> {
  const record = daemonRecordOf(folder);
  if (record !== undefined) yield record;
  for await (const { socket } of settingsOfFolder(folder)) yield { socket };
}

/** Yields the settings of a folder if they can be read, and then the defaults. */
async function* settingsOfFolder(folder: string): AsyncGenerator<Pick<Settings, "socket" | "stateDir">> {
  // Loaded only if needed: loading this code takes longer than the daemon's answer.
  const { readSettings, readSettingsOf } = await import("../settings/read-settings.ts");
  const { readSettingsTexts, settingsPathIn } = await import("../rules/settings-files.ts");
  const { currentTrust } = await import("../rules/trust.ts");
  const { sources } = readSettingsTexts(settingsPathIn(folder), currentTrust());
  const context = { folder, hostname: hostname() };
  for (const { result } of [readSettingsOf(sources, context), readSettings(undefined, folder, context.hostname)])
    if (result !== undefined) yield result;
}
