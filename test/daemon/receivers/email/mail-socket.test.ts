import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withSilentNameServer } from "../../service/silent-name-server.ts";
import { hasSmtpSink, startSmtpSink } from "../../notify/smtp-sink.ts";

const FOLDER = join(import.meta.dirname, "../../../../daemon/receivers/email");
const MODULE = join(FOLDER, "mail-transport.ts");
const SOCKET_MODULE = join(FOLDER, "mail-socket.ts");
const DEAD = ["a", "b", "c", "d"].map((name) => `${name}.dead.test`);

/**
 * Sends a mail to each host at once, and prints the hosts in the order in which that ended, those
 * that failed with a minus.
 */
const script = (port: number): string => `
const { openMailTransport } = await import(${JSON.stringify(MODULE)});
const mail = { from: "a@example.org", to: ["b@example.org"], subject: "s", text: "t", html: "t", pictures: [], messageId: "<1@x>", references: [] };
const settled = [];
const { signal } = new AbortController();
const send = (host) =>
  openMailTransport({ smtp: { host, port: ${port}, tls: "none" }, password: undefined })
    .send(mail, signal)
    .then(() => settled.push(host), () => settled.push("-" + host));
await send("alive.test");
await Promise.all([...${JSON.stringify(DEAD)}, "alive.test"].map(send));
console.log(JSON.stringify(settled));
`;

const isRoot = process.getuid?.() === 0;

test(
  "mail servers whose names nobody answers for do not hold up others",
  { skip: !isRoot || !hasSmtpSink() },
  async () => {
    await using sink = await startSmtpSink();
    const stdout = await withSilentNameServer({ "alive.test": "127.0.0.1" }, script(sink.smtp.port));
    assert.deepEqual(JSON.parse(stdout), ["alive.test", "alive.test", ...DEAD.map((name) => `-${name}`)]);
  },
);

test("the search for a name counts towards the time, and ends with the attempt", { skip: !isRoot }, async () => {
  const stdout = await withSilentNameServer(
    {},
    `
const { connectToMailServer } = await import(${JSON.stringify(SOCKET_MODULE)});
const server = { host: "a.dead.test", port: 25, timeoutMs: 20 };
const errorOf = (signal) => connectToMailServer(server, signal).catch(({ name, message }) => [name, message]);
console.log(JSON.stringify([await errorOf(new AbortController().signal), (await errorOf(AbortSignal.abort()))[0]]));
`,
  );
  const late = ["Error", "no connection to a.dead.test:25 within 0.02 s"];
  assert.deepEqual(JSON.parse(stdout), [late, "AbortError"]);
});
