import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { kernelTest } from "../privilege.ts";
import { counted } from "../support/counted.ts";
import { nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";

/** Connects over loopback so often, and gives the port. */
async function connections(times: number, then: (client: Socket, server: Socket) => Promise<void>): Promise<number> {
  const server = await listening(37);
  const { port } = server.address() as AddressInfo;
  for (let n = 0; n < times; n++) {
    const accepted = once(server, "connection");
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined); // a reset
    const [socket] = (await accepted) as [Socket];
    socket.on("error", () => undefined);
    await then(client, socket);
    client.destroy();
    socket.destroy();
  }
  server.close();
  await once(server, "close");
  return port;
}

async function listening(backlog: number): Promise<Server> {
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog });
  await once(server, "listening");
  return server;
}

async function refused(port: number): Promise<void> {
  const [error] = (await once(connect(port, "127.0.0.1"), "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = await listening(1);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

kernelTest("outbound-connections and listening-ports record the process and the address", async () => {
  const comm = nameThisThread("bw-tcp");
  await using outbound = new LoadedRule(libraryRule("outbound-connections"));
  await using listens = new LoadedRule(libraryRule("listening-ports"));
  const port = await connections(2, async () => {});
  const ours = (rule: LoadedRule): readonly unknown[] =>
    rule
      .records()
      .filter(({ fields }) => fields["pid"] === process.pid)
      .map(({ fields: { daddr, dport, saddr, sport, backlog, comm: name } }) => [
        daddr ?? saddr,
        dport ?? sport,
        backlog,
        name,
      ]);
  const connected = ["127.0.0.1", port, undefined, comm];
  assert.deepEqual(ours(outbound), [connected, connected]);
  assert.deepEqual(ours(listens), [["127.0.0.1", port, 37, comm]]);
});

kernelTest("tcp-accepts counts by port", async () => {
  await using rule = new LoadedRule(libraryRule("tcp-accepts"));
  const port = await connections(5, async () => {});
  assert.deepEqual(await counted(rule, { sport: String(port) }), { value: 5 });
});

kernelTest("tcp-connect-failures counts by peer and error", async () => {
  const port = await closedPort();
  await using rule = new LoadedRule(libraryRule("tcp-connect-failures"));
  for (let n = 0; n < 3; n++) await refused(port);
  const labels = { daddr: "127.0.0.1", dport: String(port), error: "ECONNREFUSED" };
  assert.deepEqual(await counted(rule, labels), { value: 3 });
});

kernelTest("tcp-resets counts those sent and those received, by port", async () => {
  const closed = await closedPort();
  await using rule = new LoadedRule(libraryRule("tcp-resets"));
  await refused(closed);
  const port = await connections(4, async (client, server) => {
    client.resetAndDestroy();
    await new Promise((closed) => server.resume().on("close", closed));
  });
  const rows = await countedBoth(rule, port, closed);
  // Kernels that do not report the reason do not report ports without a socket either.
  const told = hostKernel.tracepoint("tcp", "tcp_send_reset")?.fields.some(({ name }) => name === "reason");
  assert.deepEqual(rows, [4, told === true ? 1 : undefined]);
});

async function countedBoth(rule: LoadedRule, open: number, closed: number): Promise<readonly (number | undefined)[]> {
  const { rows } = await rule.sample();
  const [sent, received] = [0, 1];
  const of = (port: number, signal: number): number | undefined =>
    rows.find(({ labels }) => labels["sport"] === String(port))?.values[signal]?.[0];
  return [of(open, received), of(closed, sent)];
}
