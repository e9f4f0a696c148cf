import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Delivery, Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import { retryAfterMs } from "../../../../daemon/notify/deliver/retry-after.ts";
import { webhookBody } from "../../../../daemon/receivers/webhook/webhook-body.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { alert, alerts, context, events, record, resolved, validator } from "../../notify/fixtures.ts";

const validate = validator("webhook");
const never = new AbortController().signal;

interface Received {
  readonly request: IncomingMessage;
  readonly body: unknown;
}

/** A server that gives the configured answers and keeps its requests. */
async function serve(
  answer: RequestListener,
  ports: readonly number[] = [0],
): Promise<AsyncDisposable & { url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ request, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
      answer(request, response);
    });
  });
  await listenOnOne(server, ports);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/SECRET`;
  return {
    url,
    received,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Listens on the first of some ports that is free. */
async function listenOnOne(server: Server, [port, ...others]: readonly number[]): Promise<void> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if (others.length === 0) throw error;
    await listenOnOne(server, others);
  }
}

function action(url: string, timeoutMs = 5000): ActionSettings {
  return { name: "oncall", kind: "webhook", url: { from: "plain", value: url }, timeoutMs };
}

function send(delivery: Delivery): Promise<Outcome> {
  return attempt(delivery, context(), never);
}

test("posts Alertmanager's body with an idempotency key", async () => {
  await using server = await serve((_, response) => response.end("x".repeat(1_000_000)));
  assert.deepEqual(await send(alerts(action(server.url), alert)), { ok: true });
  const [{ request, body }] = server.received as [Received];
  validate(body);
  const { method, headers } = request;
  assert.deepEqual(
    [method, headers["content-type"], headers["user-agent"], headers["idempotency-key"], headers["webhook-id"]],
    ["POST", "application/json", "bpfwarden/test", "delivery-1", "delivery-1"],
  );
  const labels = {
    instance: "web1",
    team: "network",
    daddr: "192.0.2.7",
    dport: "443",
    alertname: alert.rule,
    severity: "warning",
  };
  const annotations = { summary: alert.summary, description: alert.description, runbook_url: alert.runbook };
  assert.deepEqual(body, {
    version: "4",
    groupKey: '{}:{alertname="tcp-retransmits"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "oncall",
    groupLabels: { alertname: "tcp-retransmits" },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: "",
    reason: "first notification",
    suppressed: 0,
    alerts: [
      {
        status: "firing",
        labels,
        annotations,
        startsAt: "2026-11-23T20:41:03.125Z",
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "",
        fingerprint: (body as { alerts: { fingerprint: string }[] }).alerts[0]?.fingerprint,
        lead:
          'tcp-retransmits: 192.0.2.7:443: 131 segments retransmitted in 1m; warning {team="network", daddr="192.0.2.7", ' +
          'dport="443"} on web1 since 2026-11-23T20:41:03Z',
        reason: alert.reason,
        values: { value: 131, ratio: null },
        evidence: [],
        confidence: alert.confidence,
      },
    ],
  });
});

test("the fingerprint identifies the alert for every severity and state", () => {
  const fingerprintOf = (changes: object): unknown => {
    const body = webhookBody(alerts(action(""), { ...alert, ...changes }), {});
    validate(body);
    return (body as { alerts: { fingerprint: string }[] }).alerts[0]?.fingerprint;
  };
  const first = fingerprintOf({});
  assert.equal(
    fingerprintOf({ level: "critical", labels: { dport: "443", daddr: "192.0.2.7", team: "network" } }),
    first,
  );
  assert.equal(fingerprintOf(resolved), first);
  assert.notEqual(fingerprintOf({ rule: "other" }), first);
  assert.notEqual(fingerprintOf({ labels: { ...alert.labels, dport: "80" } }), first);
});

test("records are sent in batches of the same shape", () => {
  const body = webhookBody(events(action(""), 7, record, { ...record, truncated: ["command"] }), { instance: "web1" });
  validate(body);
  assert.partialDeepStrictEqual(body, {
    status: "firing",
    truncatedAlerts: 7,
    commonLabels: { alertname: "bash-audit", severity: "info", instance: "web1" },
    alerts: [{ startsAt: "2026-11-23T20:41:03.123456789Z", endsAt: "2026-11-23T20:41:03.123456789Z" }, {}],
    events: [{ fields: record.fields, truncated: [] }, { truncated: ["command"] }],
  });
});

test("a message is resolved if all its alerts are", () => {
  assert.partialDeepStrictEqual(webhookBody(alerts(action(""), resolved), {}), { status: "resolved" });
  assert.partialDeepStrictEqual(webhookBody(alerts(action(""), resolved, alert), {}), { status: "firing" });
});

test("distinguishes passing errors, errors of the settings, and refusals of one message", async () => {
  const cases: readonly (readonly [number, Record<string, string>, Partial<Outcome>])[] = [
    [204, {}, { ok: true }],
    [500, {}, { ok: false, trouble: "passing" }],
    [503, { "Retry-After": "7" }, { ok: false, trouble: "passing", afterMs: 7000, isForAll: true }],
    [500, { "Retry-After": "7" }, { ok: false, trouble: "passing", afterMs: 7000, isForAll: false }],
    [429, { "Retry-After": "Mon, 23 Nov 2026 20:41:33 GMT" }, { ok: false, trouble: "passing", afterMs: 29_875 }],
    [408, {}, { ok: false, trouble: "passing" }],
    [400, {}, { ok: false, trouble: "message" }],
    [413, { "Retry-After": "1" }, { ok: false, trouble: "message" }],
    ...[401, 403, 410, 422, 425].map((status) => [status, {}, { ok: false, trouble: "setup" }] as const),
    [404, { "Retry-After": "1" }, { ok: false, trouble: "setup", afterMs: 1000, isForAll: false }],
    [307, { Location: "/elsewhere" }, { ok: false, trouble: "setup" }],
  ];
  for (const [status, headers, expected] of cases) {
    await using server = await serve((_, response) => response.writeHead(status, headers).end());
    const outcome = await send(alerts(action(server.url), alert));
    assert.partialDeepStrictEqual(outcome, expected, String(status));
    assert.equal(server.received.length, 1, "a redirect must not be followed");
    if (!outcome.ok) assert.match(outcome.error, new RegExp(`^http://127.0.0.1:[0-9]+: HTTP ${status}`));
  }
});

test("a server that hangs, hangs up or is missing is tried again, and the URL is not shown", async () => {
  await using hanging = await serve(() => undefined);
  await using closing = await serve((request) => request.socket.destroy());
  const urls = [hanging.url, closing.url, "http://127.0.0.1:1/SECRET", "http://user:SECRET@127.0.0.1:1/"];
  for (const url of urls) {
    const outcome = await send(alerts(action(url, 200), alert));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
    assert.doesNotMatch(JSON.stringify(outcome), /SECRET/);
  }
  assert.partialDeepStrictEqual(await send(alerts(action(hanging.url, 50), alert)), {
    error: `${new URL(hanging.url).origin}: no answer within 50 ms`,
  });
});

test("a success counts as soon as its status has arrived, even if the rest never arrives", async () => {
  await using server = await serve((_, response) => void response.writeHead(200).write("x"));
  assert.deepEqual(await send(alerts(action(server.url, 200), alert)), { ok: true });
});

test("ports that fetch refuses, as browsers do, work like others", async () => {
  await using server = await serve((_, response) => response.end(), [10_080, 6667, 6000, 5061, 4190]);
  await assert.rejects(fetch(server.url), ({ cause }: Error) => cause instanceof Error && cause.message === "bad port");
  assert.deepEqual(await send(alerts(action(server.url), alert)), { ok: true });
  assert.equal(server.received.length, 1);
});

test("a kept connection that the server just closed is not a failure", async () => {
  let answered = 0;
  await using server = await serve((request, response) => {
    answered++;
    // The second message comes on the connection of the first, which ends without an answer.
    if (answered === 2) request.socket.destroy();
    else response.end();
  });
  for (const id of ["first", "second"])
    assert.deepEqual(await send({ ...alerts(action(server.url), alert), id }), { ok: true });
  // What was read before the connection ended comes again under its key.
  assert.deepEqual(
    server.received.map(({ request }) => request.headers["idempotency-key"]),
    ["first", "second", "second"],
  );
});

test("an answer that changes the protocol, or a missing answer, ends the attempt", async () => {
  const answers: readonly (readonly [string, RegExp])[] = [
    ["HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", /HTTP 101$/],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", /HTTP 101$|the connection failed|no answer/],
    ["HTTP/1.1 102 Processing\r\n\r\n", /no answer within 300 ms/],
  ];
  for (const [answer, expected] of answers) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(answer));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const outcome = await send(
      alerts(action(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 300), alert),
    );
    server.close();
    assert.match(outcome.ok ? "delivered" : outcome.error, expected);
  }
});

test("a user in the URL becomes basic authentication", async () => {
  await using server = await serve((_, response) => response.end());
  const url = server.url.replace("http://", "http://me:p%40ss@");
  assert.deepEqual(await send(alerts(action(url), alert)), { ok: true });
  assert.equal(server.received[0]?.request.headers.authorization, `Basic ${btoa("me:p@ss")}`);
});

test("a text that is not a URL is not shown; it and a missing secret are tried again slowly", async () => {
  const bad = await send(alerts(action("SECRET"), alert));
  assert.deepEqual(bad, { ok: false, trouble: "setup", error: "expected an http or https URL, found another text" });
  for (const credentials of ["me:SECRET%zz", "me%:SECRET", "me:SECRET%ff"]) {
    const malformed = await send(alerts(action(`http://${credentials}@127.0.0.1:1/SECRET`), alert));
    assert.partialDeepStrictEqual(malformed, { ok: false, trouble: "setup" });
    assert.doesNotMatch(JSON.stringify(malformed), /SECRET/);
  }
  const missing: ActionSettings = {
    name: "x",
    kind: "webhook",
    url: { from: "env", name: "NO_SUCH_THING" },
    timeoutMs: 100,
  };
  assert.partialDeepStrictEqual(await send(alerts(missing, alert)), { ok: false, trouble: "setup" });
});

test("Retry-After is seconds or a date, at most an hour", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(retryAfterMs(null, now), undefined);
  assert.equal(retryAfterMs("soon", now), undefined);
  assert.equal(retryAfterMs("999999999", now), 3_600_000);
  assert.equal(retryAfterMs("Thu, 01 Jan 2026 00:00:10 GMT", now), 10_000);
  assert.equal(retryAfterMs("Thu, 01 Jan 2015 00:00:10 GMT", now), 0);
});

test("an answer that is not HTTP is reported", async () => {
  for (const answer of [
    "SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/1.1 abc\r\n\r\n",
    "\u0015\u0003\u0001\u0000\u0002\u0002\u0016",
  ]) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(answer));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const outcome = await send(
      alerts(action(`http://127.0.0.1:${(server.address() as AddressInfo).port}/SECRET`), alert),
    );
    server.close();
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
    assert.match(outcome.ok ? "" : outcome.error, /: the connection failed: .+/);
    assert.doesNotMatch(JSON.stringify(outcome), /undefined|SECRET/);
  }
});

test("a message that cannot be built is its own fault", async () => {
  const broken = new Proxy(alert, {
    get(target, name, receiver) {
      if (name === "confidence") throw new Error("broken");
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  assert.deepEqual(await send(alerts(action("http://127.0.0.1:1/"), broken)), {
    ok: false,
    trouble: "message",
    error: "the message cannot be built: broken",
  });
});
