import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import pino from "pino";
import type { ControlApi } from "../../../daemon/api/control-api.ts";
import { HttpDoor } from "../../../daemon/http/http-door.ts";
import type { HttpSource } from "../../../daemon/http/http-route.ts";
import type { MetricsSource } from "../../../daemon/metrics/metrics-source.ts";
import type { StatusPage } from "../../../daemon/page/status-page.ts";
import type { HttpSettings } from "../../../daemon/settings/http-settings.ts";
import { ask } from "./ask.ts";

const logger = pino({ level: "silent" });
const ANY: HttpSettings = { address: { host: "127.0.0.1", port: 0 }, hosts: ["metrics.example.org"] };

function source(lateMs = 0, notReady?: string): HttpSource {
  return {
    control: {} as ControlApi,
    page: {} as StatusPage,
    metrics: {} as MetricsSource,
    health: { tickLateMs: () => lateMs, notReady: () => notReady },
  };
}

async function opened(of: HttpSource, settings = ANY): Promise<{ door: HttpDoor; port: number }> {
  const door = new HttpDoor({ source: of, logger });
  await door.open(settings);
  return { door, port: Number(door.report?.listen.split(":").at(-1)) };
}

test("health is answered with the reasons", async () => {
  const { door: good, port } = await opened(source());
  await using _good = good;
  assert.deepEqual([(await ask(port, "/healthz")).body, (await ask(port, "/readyz")).body], ["ok\n", "ready\n"]);
  const { door: bad, port: other } = await opened(source(12_000, "no rule runs"));
  await using _bad = bad;
  const [health, ready] = [await ask(other, "/healthz"), await ask(other, "/readyz")];
  assert.deepEqual([health.status, health.body], [503, "no tick has succeeded for 12 s\n"]);
  assert.deepEqual([ready.status, ready.body], [503, "no tick has succeeded for 12 s\nno rule runs\n"]);
});

test("a name of another site in the header Host is refused", async () => {
  const { door, port } = await opened(source());
  await using _ = door;
  const statusOf = async (host: string): Promise<number> => (await ask(port, "/healthz", { headers: { host } })).status;
  for (const host of ["localhost", `LOCALHOST:${port}`, "127.0.0.1:80", "[::1]:9435", "metrics.example.org"])
    assert.equal(await statusOf(host), 200, host);
  for (const host of ["evil.example", "127.0.0.1.evil.example", "a@127.0.0.1", "192.0.2.1", "localhost:x", "[::1"])
    assert.equal(await statusOf(host), 403, host);
});

test("only GET and HEAD are answered, and only paths that exist", async () => {
  const { door, port } = await opened(source());
  await using _ = door;
  const head = await ask(port, "/healthz", { method: "HEAD" });
  assert.deepEqual([head.status, head.body, head.headers["content-type"]], [200, "", "text/plain; charset=utf-8"]);
  const post = await ask(port, "/healthz", { method: "POST" });
  assert.deepEqual([post.status, post.headers.allow], [405, "GET, HEAD"]);
  assert.equal((await ask(port, "/nothing")).status, 404);
});

test("too long headers and half requests end", async () => {
  const { door, port } = await opened(source());
  await using _ = door;
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
  assert.match(await text(socket), /^HTTP\/1.1 431 /);
});

test("an address in use is reported until it is free", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const settings = { ...ANY, address: { host: "127.0.0.1", port } };
  await using door = new HttpDoor({ source: source(), logger });
  await door.open(settings);
  assert.match(door.report?.trouble ?? "", /^another program listens at this address/);
  blocker.close();
  await once(blocker, "close");
  await door.open(settings);
  assert.deepEqual(door.report, { listen: `127.0.0.1:${port}` });
  assert.equal((await ask(port, "/healthz")).status, 200);
});

test("another address in the settings is listened at, and none if there is none", async () => {
  const { door, port } = await opened(source());
  await using _ = door;
  await door.open({ ...ANY, address: { host: "localhost", port: 0 } });
  await assert.rejects(ask(port, "/healthz"), { code: "ECONNREFUSED" });
  await door.open(undefined);
  assert.equal(door.report, undefined);
});
