import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { makeFolder } from "../service/make-folder.ts";

/** Only its owner may connect: who can speak here can silence alerts. */
const MODE = 0o600;
const FOLDER_MODE = 0o700;
/** `sun_path` of unix(7), less the byte that ends it. */
const MAX_PATH_BYTES = 107;

/** Another process listens where we should: two daemons would tell everything twice. */
export class SocketInUse extends Error {
  constructor(path: string) {
    super(`another bpfwarden listens at "${path}": stop it, or give this one a "socket" of its own in its settings`);
  }
}

/**
 * Has a server listen at a Unix socket, made with its folder where that is missing; what a daemon that was killed has left there is
 * replaced. Closing the server removes the socket. Rejects with SocketInUse, and with other errors where there can be no socket.
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

/** Whether a process answers at a Unix socket. Rejects where that cannot be known. */
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

/** The socket is made within `listen`, so that no other file gets this mask. */
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
