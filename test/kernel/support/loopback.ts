import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * Both ends of a TCP connection over loopback, in this process, between addresses that nothing else
 * on the host uses.
 */
export interface Loopback extends Disposable {
  readonly client: Socket;
  readonly server: Socket;
  readonly addresses: { readonly client: string; readonly server: string };
  readonly ports: { readonly client: number; readonly server: number };
}

/** @param host the third byte of both addresses, of the test's own */
export async function openLoopback(host: number): Promise<Loopback> {
  const addresses = { client: `127.77.${host}.2`, server: `127.77.${host}.1` };
  const listener = createServer();
  listener.listen(0, addresses.server);
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, "connection");
  const client = connect({ port, host: addresses.server, localAddress: addresses.client });
  client.on("error", () => undefined);
  const [[server]] = (await Promise.all([accepted, once(client, "connect")])) as [[Socket], unknown];
  server.on("error", () => undefined);
  listener.close();
  return {
    client,
    server,
    addresses,
    ports: { client: server.remotePort ?? 0, server: port },
    [Symbol.dispose]() {
      client.destroy();
      server.destroy();
    },
  };
}

/** Writes so many bytes at one end and resolves when the other has them all. */
export async function transfer(from: Socket, to: Socket, bytes: number): Promise<void> {
  let received = 0;
  const all = new Promise<void>((resolve) => {
    to.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received >= bytes) resolve();
    });
  });
  from.write(Buffer.alloc(bytes, 1));
  await all;
  to.removeAllListeners("data").resume();
}
