import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { makeFolder } from "../service/make-folder.ts";

/** Only the owner may connect, because clients can silence alerts. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;
/** `sun_path` of unix(7), without its last byte. */
const MAX_PATH_BYTES = 107;

/** Another process listens at the socket: two daemons would notify twice. */
export class SocketInUse extends Error {
  constructor(path: string) {
    super(`another bpfwarden listens at "${path}": stop it, or set another "socket" in the settings`);
  }
}

/**
 * Makes a server listen at a Unix socket, and creates the folder if missing. Replaces the socket of
 * a daemon that was killed. Closing the server removes the socket. Rejects with SocketInUse, or
 * with another error if there can be no socket.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(`expected a socket's path of at most ${MAX_PATH_BYTES} bytes, found "${path}"`);
  makeFolder(dirname(path), FOLDER_MODE);
  await removeStale(path);
  await listen(server, path);
}

async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error(`expected a socket, found another kind of file at "${path}"`);
  if (await isListening(path)) throw new SocketInUse(path);
  rmSync(path, { force: true });
}

/** Resolves to true if a process answers at a Unix socket. Rejects if that is unknown. */
export function isListening(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(true));
  socket.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
    else reject(error);
  });
  return promise.finally(() => socket.destroy());
}

/** Creates the socket within `listen`, so that no other file gets this mask. */
async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve).once("error", reject);
  const mask = process.umask(0o777 & ~MODE);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await promise.finally(() => server.removeListener("error", reject));
  chmodSync(path, MODE);
}
