import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { openMailTransport } from "../../../../daemon/receivers/email/mail-transport.ts";
import { within } from "../../../../daemon/notify/queue/within.ts";

const never = new AbortController().signal;
const MAIL = {
  from: "a@example.org",
  to: ["b@example.org"],
  subject: "x",
  text: "x",
  messageId: "<1@x>",
  html: "",
  pictures: [],
  references: [],
};

test("the connection to a mail server that never stops answering is closed at the deadline", async () => {
  const closed = Promise.withResolvers<void>();
  let isConnected = false;
  const server = createServer((socket: Socket) => {
    isConnected = true;
    socket.on("error", () => undefined);
    socket.write("220 hi\r\n");
    socket.once("data", () => {
      const answering = setInterval(() => socket.write("250-x\r\n"), 50);
      socket.on("close", () => {
        clearInterval(answering);
        closed.resolve();
      });
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const transport = openMailTransport({ smtp: { host: "127.0.0.1", port, tls: "none" }, password: undefined });
  const outcome = await within(1000, never, (signal) => transport.send(MAIL, signal));
  assert.deepEqual(outcome, { ok: false, trouble: "passing", error: "the attempt did not end within 1 s" });
  // On a busy host the deadline may pass before the mailer is loaded.
  if (isConnected) await closed.promise;
  server.close();
});

test("work that ends in time gives the result, and work that ignores the signal is not waited for", async () => {
  assert.equal(await within(60_000, never, () => Promise.resolve("done")), "done");
  await assert.rejects(
    within(60_000, never, () => Promise.reject(new Error("own"))),
    /own/,
  );
  const hanging = within(10, never, () => new Promise(() => undefined));
  // Something else has to keep the process from its end meanwhile.
  const running = setTimeout(() => undefined, 60_000);
  assert.partialDeepStrictEqual(await hanging, { trouble: "passing" });
  clearTimeout(running);
});
