import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { suite, test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
import type { Settings } from "../../../../daemon/settings/settings.ts";
import { Certificates } from "../../receivers/certificates.ts";
import { alert, alerts, context } from "../fixtures.ts";

const never = new AbortController().signal;

/** Authorities `ours` and `other`; certificates of a server and of two clients. */
function certificates(): Certificates {
  const made = new Certificates();
  made.authority("ours");
  made.signed("server", "ours");
  made.signed("client", "ours");
  made.signed("renewed", "ours");
  return made;
}

/** An HTTPS server that asks for a certificate of `ours`, and the names of those that came. */
async function serve(
  made: Certificates,
  server = "server",
): Promise<AsyncDisposable & { url: string; names: string[] }> {
  const read = (name: string): string => readFileSync(made.path(name), "utf8");
  const tls = { key: read(`${server}.key`), cert: read(`${server}.pem`), ca: read("ours.pem"), requestCert: true };
  const names: string[] = [];
  const listening: Server = createServer(tls, ({ socket }, response) => {
    const { subject } = (socket as TLSSocket).getPeerCertificate();
    names.push(String(subject.CN));
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(listening, "listening");
  return {
    url: `https://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    names,
    async [Symbol.asyncDispose]() {
      listening.close();
      listening.closeAllConnections();
      await once(listening, "close");
    },
  };
}

function settingsOf(text: string, folder: string): Settings {
  const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, folder, "web1");
  assert.deepEqual(diagnostics, []);
  assert.ok(result !== undefined);
  return result;
}

/** Makes one attempt of the action `a`. */
function send(text: string, folder: string): Promise<Outcome> {
  const { actions, smtp } = settingsOf(text, folder);
  const action = actions.get("a");
  assert.ok(action !== undefined);
  return attempt(alerts(action, alert), context({ smtp }), never);
}

const webhook = (url: string, tls: string): string => `actions: {a: {webhook: {url: "${url}", tls: {${tls}}}}}\n`;

suite("certificates of one's own", () => {
  test("are used by every receiver over HTTP", async () => {
    using made = certificates();
    await using server = await serve(made);
    const tls = "tls: {ca: ours.pem, cert: client.pem, key: client.key}";
    const receivers = [
      `webhook: {url: "${server.url}", ${tls}}`,
      `alertmanager: {url: ["${server.url}", "${server.url}"], ${tls}}`,
      `discord: {url: "${server.url}/api/webhooks/1/x", ${tls}}`,
      `teams: {url: "${server.url}", ${tls}}`,
      `grafana_oncall: {url: "${server.url}", ${tls}}`,
    ];
    for (const receiver of receivers) await send(`actions: {a: {${receiver}}}\n`, made.folder);
    assert.equal(server.names.length, receivers.length + 1);
    assert.deepEqual([...new Set(server.names)], ["client"]);
  });

  test("are needed by a server that asks for one, or that no public authority has signed", async () => {
    using made = certificates();
    await using server = await serve(made);
    const unknown = await send(`actions: {a: {webhook: {url: "${server.url}"}}}\n`, made.folder);
    assert.ok(!unknown.ok && /self-signed certificate|unable to verify/.test(unknown.error), JSON.stringify(unknown));
    const nameless = await send(webhook(server.url, "ca: ours.pem"), made.folder);
    assert.partialDeepStrictEqual(nameless, { ok: false, trouble: "passing" });
    assert.deepEqual(server.names, []);
  });

  test("are read for each connection, so that renewed ones are used", async () => {
    using made = certificates();
    await using server = await serve(made);
    const text = webhook(server.url, "ca: ours.pem, cert: mine.pem, key: mine.key");
    const missing = await send(text, made.folder);
    assert.partialDeepStrictEqual(missing, { ok: false, trouble: "setup" });
    assert.match(missing.ok ? "" : missing.error, /mine\.pem does not exist/);
    for (const name of ["client", "renewed"]) {
      for (const end of ["pem", "key"]) copyFileSync(made.path(`${name}.${end}`), made.path(`mine.${end}`));
      assert.deepEqual(await send(text, made.folder), { ok: true });
    }
    assert.deepEqual(server.names, ["client", "renewed"]);
  });

  test("whose key is another one are not used, and the file is named", async () => {
    using made = certificates();
    await using server = await serve(made);
    const outcome = await send(webhook(server.url, "ca: ours.pem, cert: client.pem, key: renewed.key"), made.folder);
    const error = `the secret "file:${made.path("renewed.key")}": expected the key of the certificate, found that of another one`;
    assert.deepEqual(outcome, { ok: false, trouble: "setup", error });
  });

  test("can have another name than the URL", async () => {
    using made = certificates();
    made.signed("named", "ours", "DNS:alerts.example.org");
    await using server = await serve(made, "named");
    const tls = "ca: ours.pem, cert: client.pem, key: client.key";
    const other = await send(webhook(server.url, tls), made.folder);
    assert.ok(!other.ok && /does not match certificate/.test(other.error), JSON.stringify(other));
    assert.deepEqual(await send(webhook(server.url, `${tls}, server_name: alerts.example.org`), made.folder), {
      ok: true,
    });
  });

  test("are used for a mail server", async () => {
    using made = certificates();
    const read = (name: string): string => readFileSync(made.path(name), "utf8");
    const tls = { key: read("server.key"), cert: read("server.pem"), ca: read("ours.pem"), requestCert: true };
    const names: string[] = [];
    const server = createTlsServer({ ...tls, rejectUnauthorized: true }, (socket) => {
      let inData = false;
      socket.on("error", () => undefined);
      socket.write("220 test\r\n");
      socket.on("data", (chunk) => {
        for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
          if (inData && line !== ".") continue;
          if (line === "DATA") names.push(String(socket.getPeerCertificate().subject.CN));
          inData = line === "DATA";
          socket.write(inData ? "354 go on\r\n" : "250 ok\r\n");
        }
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const mail = (more: string): string =>
      `actions: {a: {email: {to: ops@example.org}}}\nsmtp: {host: 127.0.0.1, port: ${port}, tls: implicit${more}}\n`;
    const refused = await send(mail(""), made.folder);
    const sent = await send(mail(", ca: ours.pem, cert: client.pem, key: client.key"), made.folder);
    server.close();
    assert.ok(!refused.ok && /self-signed certificate|unable to verify/.test(refused.error), JSON.stringify(refused));
    assert.deepEqual([sent, names], [{ ok: true }, ["client"]]);
  });
});
