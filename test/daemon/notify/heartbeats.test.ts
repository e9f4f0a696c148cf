import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "../../../daemon/notify/attempt.ts";
import { Heartbeats } from "../../../daemon/notify/heartbeats.ts";
import { notWhole } from "../../../daemon/run/wholeness.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import type { Settings } from "../../../daemon/settings/settings.ts";
import { Alertmanager } from "./alertmanager.ts";
import { context } from "./fixtures.ts";

function settingsOf(action: string, heartbeat: string): Settings {
  const lines = [`actions: {dead-man: {${action}}}`, `heartbeat: {action: dead-man, ${heartbeat}}`];
  const { result, diagnostics } = readSettings({ path: "x", text: lines.join("\n") }, "/etc/bpfwarden", "web1");
  assert.deepEqual(diagnostics, []);
  assert.ok(result !== undefined);
  return result;
}

/** Heartbeats on a clock that the test sets, and what they log. */
function open(): { readonly beats: Heartbeats; readonly log: string[]; readonly clock: { ms: number } } {
  const [log, clock]: [string[], { ms: number }] = [[], { ms: 5000 }];
  const note = (...parts: readonly unknown[]): void => void log.push(String(parts.at(-1)));
  const beats = new Heartbeats({
    clock: { bootMs: () => clock.ms, unixMs: () => Date.now() },
    logger: { info: note, warn: note },
    receivers: {
      attempt: (delivery, signal) => attempt(delivery, context({ nowUnixMs: () => Date.now() }), signal),
    },
  });
  return { beats, log, clock };
}

interface Ping {
  readonly method: string | undefined;
  readonly body: string;
}

async function serve(
  status: () => number,
): Promise<AsyncDisposable & { readonly url: string; readonly pings: Ping[] }> {
  const pings: Ping[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    pings.push({ method: request.method, body });
    response.writeHead(status()).end("OK");
  }
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/uuid`,
    pings,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    assert.ok(tries < 2000, "waited in vain");
    await sleep(10);
  }
}

suite("a heartbeat", () => {
  test("is sent at its interval, never late in a bunch", async () => {
    await using server = await serve(() => 200);
    const settings = settingsOf(`webhook: {url: "${server.url}"}`, "every: 1m, method: GET");
    const { beats, clock } = open();
    beats.step(settings, undefined);
    await until(() => beats.standing.sentAtUnixMs !== undefined);
    clock.ms += 59_999;
    beats.step(settings, undefined);
    assert.deepEqual(server.pings, [{ method: "GET", body: "" }]);
    clock.ms += 3_600_000;
    for (let tick = 0; tick < 3; tick++) beats.step(settings, undefined);
    await until(() => server.pings.length > 1);
    await sleep(100);
    beats.step(settings, undefined);
    await sleep(100);
    assert.equal(server.pings.length, 2);
  });

  test("is held back while rules are not whole, and comes at once after that", async () => {
    await using server = await serve(() => 200);
    const settings = settingsOf(`webhook: {url: "${server.url}"}`, "every: 1m");
    const { beats, log, clock } = open();
    for (let tick = 0; tick < 3; tick++, clock.ms += 60_000) beats.step(settings, "1 file has errors");
    assert.equal(beats.standing.heldBack, "1 file has errors");
    assert.equal(server.pings.length, 0);
    beats.step(settings, undefined);
    await until(() => beats.standing.sentAtUnixMs !== undefined);
    assert.equal(beats.standing.heldBack, undefined);
    assert.deepEqual(log, ["no heartbeats are sent: 1 file has errors", "heartbeats are sent again"]);
    const [ping] = server.pings;
    assert.equal(ping?.method, "POST");
    assert.partialDeepStrictEqual(JSON.parse(ping?.body ?? ""), {
      status: "firing",
      alerts: [{ labels: { alertname: "BpfwardenHeartbeat", instance: "web1" } }],
    });
  });

  test("that fails is not tried again before its interval", async () => {
    let status = 503;
    await using server = await serve(() => status);
    const settings = settingsOf(`webhook: {url: "${server.url}"}`, "every: 1m");
    const { beats, log, clock } = open();
    beats.step(settings, undefined);
    await until(() => beats.standing.error !== undefined);
    for (let tick = 0; tick < 10; tick++, clock.ms += 1000) beats.step(settings, undefined);
    assert.match(beats.standing.error ?? "", /HTTP 503$/);
    assert.equal(server.pings.length, 1);
    status = 200;
    clock.ms += 60_000;
    beats.step(settings, undefined);
    await until(() => beats.standing.error === undefined);
    assert.equal(server.pings.length, 2);
    assert.match(log.join("\n"), /^a heartbeat failed: .*HTTP 503\nheartbeats arrive again$/);
  });

  test("is an alert at a real Alertmanager, which ends if no other comes", async () => {
    const configure = (hooks: string): string =>
      `route: {receiver: all}\nreceivers: [{name: all, webhook_configs: [{url: "${hooks}all"}]}]\n`;
    await using manager = await Alertmanager.start(configure);
    const settings = settingsOf(`alertmanager: {url: "${manager.url}"}`, "every: 10m");
    const { beats } = open();
    beats.step(settings, undefined);
    await until(() => beats.standing.sentAtUnixMs !== undefined);
    const [alert, ...others] = (await manager.get("alerts?active=true")) as readonly Readonly<
      Record<string, unknown>
    >[];
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(alert?.["labels"], { alertname: "BpfwardenHeartbeat", severity: "info" });
    const aheadMs = Date.parse(String(alert?.["endsAt"])) - Date.now();
    assert.ok(aheadMs > 39 * 60_000 && aheadMs <= 40 * 60_000, `ends in ${aheadMs} ms`);
  });
});

test("rules are whole if every file is, a rule runs, and none has a fault", () => {
  const good = { name: "good", fault: undefined };
  assert.equal(notWhole([good], 0), undefined);
  assert.equal(notWhole([], 0), "no rule runs");
  assert.equal(notWhole([good], 2), "2 files have errors");
  const bad = { name: "bad", fault: "its probe is gone" };
  assert.equal(notWhole([good, bad], 0), 'the rule "bad" is degraded: its probe is gone');
});

test("a heartbeat needs an action of a kind that takes it, and an interval that makes sense", () => {
  const codes = (text: string): readonly string[] =>
    readSettings({ path: "x", text }, "/etc/bpfwarden", "web1").diagnostics.map(({ code }) => code);
  const actions = "actions: {a: {webhook: {url: http://h.example.org}}, b: {log: {path: x}}}\n";
  assert.deepEqual(codes(`${actions}heartbeat: {action: a, every: 1m}`), []);
  assert.deepEqual(codes(`${actions}heartbeat: {action: b}`), ["no-such-action"]);
  assert.deepEqual(codes(`${actions}heartbeat: {action: screen}`), ["no-such-action"]);
  assert.deepEqual(codes(`${actions}heartbeat: {action: c}`), ["no-such-action"]);
  assert.deepEqual(codes(`${actions}heartbeat: {action: a, every: 100ms}`), ["out-of-range"]);
  assert.deepEqual(codes(`${actions}heartbeat: {every: 1m}`), ["missing-key"]);
});
