import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { attempt } from "../../../daemon/notify/attempt.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, context } from "./fixtures.ts";

const never = new AbortController().signal;

/** A server of one answer to each line, such as one of mail. */
async function answering(
  greeting: string,
  answer: (line: string) => string,
): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.write(greeting);
    socket.on("data", (line) => void socket.write(answer(line.toString())));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

test("an outcome does not show a password that the server's answer repeats", async () => {
  await using server = await answering("220 ready\r\n", (line) =>
    line.startsWith("EHLO") ? "250-here\r\n250 AUTH PLAIN\r\n" : "535 wrong password: hunter-two\r\n",
  );
  const password = { from: "env", name: "PASSWORD" } as const;
  const smtp = { host: "127.0.0.1", port: server.port, tls: "none", user: "someone", password } as const;
  const mail: ActionSettings = { name: "mail", kind: "email", to: ["a@example.org"], from: "b@example.org" };
  const outcome = await attempt(alerts(mail, alert), context({ smtp, readSecret: () => "hunter-two" }), never);
  assert.ok(!outcome.ok);
  assert.match(outcome.error, /535 wrong password: \*\*\*/);
  assert.equal(outcome.trouble, "setup");
});

test("an outcome shows no key of a URL, and no token, that an answer repeats alone", async () => {
  const key = "0123456789abcdef%2F";
  await using server = await answering("", () => {
    const body = JSON.stringify({
      ok: false,
      error: "no_key",
      response_metadata: `0123456789abcdef/ ${key} T0KEN-S3CRET`,
    });
    return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  const webhook = {
    from: "plain",
    value: `http://127.0.0.1:${server.port}/services/${key}?user=T0KEN-S3CRET-T0KEN`,
  } as const;
  const hook: ActionSettings = { name: "oncall", kind: "slack", via: { webhook }, timeoutMs: 5000 };
  const outcome = await attempt(alerts(hook, alert), context(), never);
  assert.ok(!outcome.ok && outcome.error.includes("no_key"), JSON.stringify(outcome));
  assert.doesNotMatch(outcome.error, /abcdef/);
  const token = { from: "env", name: "TOKEN" } as const;
  const api = { from: "plain", value: `http://127.0.0.1:${server.port}` } as const;
  const app: ActionSettings = { ...hook, via: { token, channel: "C0", api } };
  const readSecret = (secret: object): string => ("value" in secret ? String(secret.value) : "Bearer T0KEN-S3CRET");
  const ofApp = await attempt(alerts(app, alert), context({ readSecret }), never);
  assert.ok(!ofApp.ok && ofApp.error.includes("no_key"), JSON.stringify(ofApp));
  assert.doesNotMatch(ofApp.error, /S3CRET/);
});

test("an outcome shows the host of a URL and nothing else of it", async () => {
  await using server = await answering("HTTP/1.1 500 /hooks/T0KEN hunter-two\r\n\r\n", () => "");
  const origin = `http://127.0.0.1:${server.port}`;
  const value = origin.replace("//", "//someone:hunter-two@").concat("/hooks/T0KEN");
  const hook: ActionSettings = { name: "oncall", kind: "webhook", url: { from: "plain", value }, timeoutMs: 5000 };
  const outcome = await attempt(alerts(hook, alert), context(), never);
  assert.ok(!outcome.ok && outcome.error.startsWith(origin), JSON.stringify(outcome));
  assert.ok(!/T0KEN|hunter-two/.test(outcome.error), outcome.error);
});
