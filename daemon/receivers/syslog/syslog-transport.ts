import { once } from "node:events";
import { createSocket } from "node:dgram";
import { connect, isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TlsOptions } from "../../notify/deliver/tls-options.ts";
import { HOST_NAMES } from "../../service/name-lookup.ts";
import type { Transport } from "./settings.ts";

/** A receiver, and for TLS the certificates in PEM. */
export interface SyslogPlace extends TlsOptions {
  readonly host: string;
  readonly port: number;
}

/** Sends messages, and rejects with Node's errors or the signal's reason. */
export type SendMessages = (messages: readonly Buffer[], place: SyslogPlace, signal: AbortSignal) => Promise<void>;

/** The way of each transport. */
export const TRANSPORTS: { readonly [Each in Transport]: SendMessages } = {
  udp: sendDatagrams,
  tcp: async (messages, { host, port }, signal) =>
    sendStream(connect({ host, port, lookup: HOST_NAMES.lookup }), messages, signal),
  tls: async (messages, place, signal) => {
    // TLS takes memory, which most hosts can do without.
    const tls = await import("node:tls");
    const name = isIP(place.host) === 0 ? { servername: place.host } : {};
    await sendStream(tls.connect({ ...name, ...place, lookup: HOST_NAMES.lookup }), messages, signal);
  },
};

/** The time in which this host or the receiver's says that nobody listens (ICMP). */
const REFUSAL_MS = 20;

/** Sends a datagram for each message (RFC 5426). Nobody says whether they arrive. */
async function sendDatagrams(
  messages: readonly Buffer[],
  { host, port }: SyslogPlace,
  signal: AbortSignal,
): Promise<void> {
  const [first] = await HOST_NAMES.addressesOf(host);
  const address = first?.address ?? host;
  const socket = createSocket({ type: isIP(address) === 6 ? "udp6" : "udp4", signal });
  const failed = once(socket, "error").then(([error]) => Promise.reject(error as Error));
  const sending = async (): Promise<void> => {
    const connected = once(socket, "connect");
    socket.connect(port, address);
    await connected;
    for (const message of messages) await sent(message);
    await sleep(REFUSAL_MS, undefined, { signal });
  };
  const sent = async (message: Buffer): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.send(message, (error) => (error === null ? resolve() : reject(error)));
    await promise;
  };
  try {
    await Promise.race([sending(), failed]);
  } finally {
    failed.catch(() => undefined);
    if (!signal.aborted) socket.close();
  }
}

/** The longest wait for the receiver to close the connection after us. */
const CLOSING_MS = 1000;

/**
 * Sends messages with their lengths (RFC 6587 §3.4.1, RFC 5425 §4.3), and closes the connection.
 * The protocol has no answers: that the receiver closes it too says that it has read everything.
 */
async function sendStream(socket: Socket, messages: readonly Buffer[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => void socket.destroy(signal.reason as Error);
  let closing: NodeJS.Timeout | undefined;
  socket
    .on("error", reject)
    .once("close", () => resolve())
    .once("finish", () => (closing = setTimeout(resolve, CLOSING_MS)))
    .resume()
    .end(Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message])));
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await promise;
  } finally {
    clearTimeout(closing);
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}
