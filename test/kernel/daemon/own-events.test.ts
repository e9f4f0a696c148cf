import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

/** Records connections to a port by any process. */
const connections = (port: number, more = ""): string => `
rule: connections
probe: tracepoint:syscalls:sys_enter_connect
filter: args.uservaddr.sa_family == AF_INET and port(args.uservaddr) == ${String(port)}${more}
event: {pid: pid, port: port(args.uservaddr)}
`;

const settings = (sink: WebhookSink): string =>
  `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\n`;

/** The number of notified connections of a process. */
const notificationsOf = (sink: WebhookSink, pid: number): number =>
  sink.received.flatMap(({ body }) => body.alerts).filter(({ annotations }) => isBy(annotations["summary"] ?? "", pid))
    .length;

const isBy = (summary: string, pid: number): boolean => summary.split(" ").includes(`pid=${String(pid)}`);

async function connectTo({ port }: WebhookSink): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}

kernelTest("messages about connections are not caused by the messages themselves", async () => {
  await using sink = await WebhookSink.start();
  const rules = { "connections.yaml": connections(sink.port) };
  await using daemon = await DaemonProcess.start({ rules, settings: settings(sink) });
  await connectTo(sink);
  await waitUntil("the connection of this process", () => notificationsOf(sink, process.pid) === 1);
  // the daemon has connected to send the message: its own record would come with the next message,
  // or before it
  await connectTo(sink);
  await waitUntil("the next connection", () => notificationsOf(sink, process.pid) === 2);
  assert.equal(notificationsOf(sink, daemon.pid), 0);
});

kernelTest("a rule that asks for them gets the daemon's own connections", async () => {
  await using sink = await WebhookSink.start();
  const rules = { "connections.yaml": connections(sink.port, " and (self or true)") };
  await using daemon = await DaemonProcess.start({ rules, settings: settings(sink) });
  await connectTo(sink);
  await waitUntil("a connection of the daemon", () => notificationsOf(sink, daemon.pid) > 0);
});
