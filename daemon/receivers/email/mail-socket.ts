import { connect, type Socket } from "node:net";
import { HOST_NAMES } from "../../service/name-lookup.ts";

/**
 * The time for one address of a host with several: a way that does not work must not take all of
 * the time.
 */
const ADDRESS_MS = 1_000;

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** the most time for finding the addresses and for all of them together */
  readonly timeoutMs: number;
}

/**
 * Connects to a mail server. nodemailer would look up its name by itself, with the threads that all
 * lookups of the process share: names without an answer would then hold up all receivers. Rejects
 * with Node's errors, and with an AbortError as soon as the signal is aborted.
 */
export function connectToMailServer(server: MailServer, signal: AbortSignal): Promise<Socket> {
  const { host, port, timeoutMs } = server;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { lookup } = HOST_NAMES;
  const socket = connect({ host, port, lookup, signal, autoSelectFamilyAttemptTimeout: ADDRESS_MS });
  const late = new Error(`no connection to ${host}:${port} within ${timeoutMs / 1000} s`);
  const deadline = setTimeout(() => socket.destroy(late), timeoutMs);
  // It stays: an error that comes after nodemailer has let go of the socket concerns nobody.
  socket.on("error", reject).once("connect", () => resolve(socket));
  return promise.finally(() => clearTimeout(deadline));
}
