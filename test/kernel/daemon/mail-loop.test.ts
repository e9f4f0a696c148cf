import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasSmtpSink, SMTP_SINK, startSmtpSink, type SmtpSink } from "../../daemon/notify/smtp-sink.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const BUDGET = 3;

/** Notifies by mail of each connection to the mail server. Each mail is such a connection. */
function rules({ smtp: { port } }: SmtpSink, self: string): Readonly<Record<string, string>> {
  const filter = `args.uservaddr.sa_family == AF_INET and port(args.uservaddr) == ${port}${self}`;
  const event = "{pid: pid, dport: port(args.uservaddr)}";
  const rule = `rule: connections\nprobe: tracepoint:syscalls:sys_enter_connect\nfilter: ${filter}\nevent: ${event}\n`;
  return { "connections.yaml": rule };
}

function settings({ smtp: { host, port } }: SmtpSink): string {
  return `actions: {mail: {email: {to: [ops@example.org], from: bpfwarden@example.org}}}
defaults: {action: mail}
smtp: {host: ${host}, port: ${port}, tls: none}
notify: {budget: {rule: ${BUDGET}, action: 100}}
tick: 100ms
`;
}

async function connectTo({ smtp: { host, port } }: SmtpSink): Promise<void> {
  const socket = connect(port, host);
  await once(socket, "connect");
  socket.destroy();
}

/** Records that mails speak of, in all; a mail that is still being written speaks of none yet. */
function told(sink: SmtpSink): number {
  const counts = sink.mails().map((mail) => Number(/^Subject: .*connections: (\d+) event/im.exec(mail)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

if (hasSmtpSink()) {
  kernelTest(
    "mails about connections to the mail server do not cause mails, and are digests under the budget",
    async () => {
      await using sink = await startSmtpSink();
      await using daemon = await DaemonProcess.start({ rules: rules(sink, ""), settings: settings(sink) });
      for (let n = 1; n <= BUDGET; n++) {
        await connectTo(sink);
        await waitUntil(`mail ${n}`, () => told(sink) === n);
        assert.equal(sink.mails().length, n, sink.mails().join("\n"));
        // Records within a second of a mail are sent together.
        await sleep(1200);
      }
      for (let n = 0; n < 40; n++) await connectTo(sink);
      await sleep(1500);
      assert.equal(sink.mails().length, BUDGET, "the budget holds mails back");
      assert.equal(await daemon.stop(), 0);
      await waitUntil("the digest", () => told(sink) === BUDGET + 40);
      assert.equal(sink.mails().length, BUDGET + 1);
      assert.ok(sink.mails().every((mail) => !new RegExp(`pid[:=] *${daemon.pid}\\b`).test(mail)));
    },
  );

  kernelTest("a rule that asks for the daemon's own connections sends no more mails than its budget", async () => {
    await using sink = await startSmtpSink();
    const own = rules(sink, " and (self or true)");
    await using daemon = await DaemonProcess.start({ rules: own, settings: settings(sink) });
    await connectTo(sink);
    await waitUntil("all mails that the budget lets go", () => sink.mails().length === BUDGET);
    await sleep(2500);
    assert.equal(sink.mails().length, BUDGET);
    assert.equal(await daemon.stop(), 0);
  });
} else {
  test("mails about mails", { skip: `${SMTP_SINK} of the package postfix is not there` }, () => undefined);
}
