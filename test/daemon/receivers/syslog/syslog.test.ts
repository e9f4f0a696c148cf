import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import { factMessages } from "../../../../daemon/notify/message/fact-messages.ts";
import { syslogMessage } from "../../../../daemon/receivers/syslog/syslog-message.ts";
import type { SyslogSettings, Transport } from "../../../../daemon/receivers/syslog/settings.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { alerts, context } from "../../notify/fixtures.ts";
import { anyContent, assertGolden, assertVisible, contentOf, SCENES, send, slow } from "../chat-fixture.ts";
import { RANDOM_ALERTS } from "../random-alerts.ts";
import { framesOf, parse5424 } from "./rfc5424.ts";
import { rsyslog, startRsyslog } from "./rsyslog.ts";

const plain: SyslogSettings = {
  ...{ kind: "syslog", host: "127.0.0.1", port: 514, transport: "udp", timeoutMs: 5000 },
  ...{ facility: 3, appName: "bpfwarden", sdId: "bpfwarden@32473", maxBytes: 2048 },
};

const action = (transport: Transport, port: number, changes: Partial<SyslogSettings> = {}): ActionSettings => ({
  ...{ name: "siem", ...plain, transport, port, ...changes },
});

/** A receiver of streams that keeps what each connection brought. */
async function streams(): Promise<AsyncDisposable & { readonly port: number; readonly got: Promise<Buffer>[] }> {
  const got: Promise<Buffer>[] = [];
  const server = createServer((socket) => got.push(buffer(socket))).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    got,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

suite("syslog", () => {
  test("gets each change and each record, as people read them", async () => {
    await using server = await streams();
    const shown: string[] = [];
    for (const [scene, content] of SCENES) {
      assert.deepEqual(await send(action("tcp", server.port, { maxBytes: 8192 }), content), { ok: true });
      const frames = framesOf((await server.got.pop()) ?? Buffer.alloc(0));
      shown.push(`== ${scene}\n${frames.map((frame) => `${frame.toString()}\n`).join("\n")}\n`);
    }
    assertGolden("syslog", shown.join(""));
  });

  for (const transport of ["udp", "tcp", "tls"] as const) {
    test(`rsyslog reads what comes by ${transport}`, rsyslog, async () => {
      await using server = await startRsyslog(transport);
      const file = (name: string) => ({ from: "file", name }) as const;
      const tls = { ca: file(server.cert), cert: file(server.cert), key: file(server.key) };
      const to = action(transport, server.port, { ...(transport === "tls" && { tls }), maxBytes: 8192 });
      const hostile = { ...slow, labels: { comm: 'a"]\\b\n[x@1 y="z"] <0>1 - evil ü' } };
      assert.deepEqual(await send(to, contentOf({}, slow, { ...hostile, level: "critical" })), { ok: true });
      const [first, second, ...others] = await server.messages(2);
      assert.deepEqual(others, []);
      assert.partialDeepStrictEqual(first, { pri: "28", host: "web1", app: "bpfwarden", msgid: "firing" });
      assert.match(first?.msg ?? "", /^slow-reads: p99 45ms > 20ms, peak 260ms at 03:12:10Z, highest: postgres 45ms/);
      assert.equal(second?.pri, "26");
      const params = String.raw`[labels@32473 instance="web1" comm="a\"\]\\b\\x0a[x@1 y=\"z\"\] <0>1 - evil ü" alertname="slow-reads" severity="critical"]`;
      assert.ok(second?.data.endsWith(params), second?.data);
    });
  }

  test("a certificate of an unknown authority is refused", rsyslog, async () => {
    await using server = await startRsyslog("tls");
    const outcome = await send(action("tls", server.port), contentOf({}, slow));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "setup" });
    assert.match(outcome.ok ? "" : outcome.error, /^127\.0\.0\.1:\d+: self-signed certificate/);
  });

  test("a receiver that is not there is tried again", async () => {
    const { port } = await (async () => {
      await using server = await streams();
      return server;
    })();
    for (const transport of ["udp", "tcp", "tls"] as const) {
      const outcome = await send(action(transport, port), contentOf({}, slow, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" }, transport);
      assert.match(outcome.ok ? "" : outcome.error, /ECONNREFUSED/);
    }
  });

  test("a receiver that reads nothing ends the attempt in time", async () => {
    const server = createServer((socket) => void socket.pause()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const to = action("tls", (server.address() as AddressInfo).port, { timeoutMs: 50 });
    const outcome = await send(to, contentOf({}, slow));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
    assert.match(outcome.ok ? "" : outcome.error, /not sent within 50 ms$/);
    server.close();
  });

  test("the severity is the alert's, and an end is a notice", () => {
    const priorities = (["info", "warning", "critical"] as const).flatMap((level) =>
      (["firing", "resolved"] as const).map((status) => {
        const content = contentOf({}, { ...slow, level, status });
        const [message] = factMessages({ id: "x", content }, {}, 0);
        assert.ok(message !== undefined);
        return parse5424(syslogMessage(message, plain, "web1")).priority - 3 * 8;
      }),
    );
    assert.deepEqual(priorities, [6, 6, 4, 5, 2, 5]);
  });

  test("the key stays while an alert becomes worse and ends, and a drill has another", () => {
    const keyOf = (...changes: readonly object[]): readonly string[] =>
      changes.map((change) => {
        const content = contentOf({}, { ...slow, ...change });
        const [message] = factMessages({ id: "x", content }, { instance: "web1" }, 0);
        assert.ok(message !== undefined);
        return parse5424(syslogMessage(message, plain, "web1")).data["bpfwarden@32473"]?.["key"] ?? "";
      });
    const [first = "", ...others] = keyOf(
      {},
      { level: "critical" },
      { status: "resolved" },
      { labels: { drill: "true" } },
    );
    assert.match(first, /^[0-9a-f]{16}$/);
    assert.deepEqual([others[0], others[1]], [first, first]);
    assert.notEqual(others[2], first);
  });
});

suite("any message of syslog", () => {
  const assertSound = (content: Parameters<typeof contentOf>[0] | object, maxBytes: number): void => {
    for (const message of factMessages({ id: "delivery-1", content: content as never }, { instance: "web 1\n" }, 0)) {
      const bytes = syslogMessage(message, { ...plain, maxBytes }, "web 1\n");
      assert.ok(bytes.length <= maxBytes, String(bytes.length));
      const { data, text, host, priority } = parse5424(bytes);
      assert.equal(host, "web_1_");
      assert.equal(priority & 7, message.severity);
      assertVisible(text);
      assert.ok(text.length > 10);
      assert.deepEqual(
        Object.keys(data).filter((id) => !/^(bpfwarden|labels)@32473$/.test(id)),
        [],
      );
      for (const value of Object.values(data).flatMap((params) => Object.values(params))) assertVisible(value);
      assert.doesNotMatch(text, /\\u\{[0-9a-f]*($|…)|\\x[0-9a-f]?($|…)/, "a text is cut within an escape");
    }
  };

  test("follows the grammar within its size, and hostile texts are inert", () => {
    const sizes = fc.constantFrom(480, 700, 2048, 8192, 65_000);
    fc.assert(fc.property(anyContent, sizes, assertSound), { numRuns: 200, endOnFailure: true });
  });

  test("holds for 200 random alerts on a stream", async () => {
    await using server = await streams();
    const { content } = alerts(action("tcp", server.port), ...RANDOM_ALERTS);
    assert.deepEqual(
      await attempt(
        { id: "delivery-1", action: action("tcp", server.port), content },
        context(),
        new AbortController().signal,
      ),
      { ok: true },
    );
    const frames = framesOf((await server.got[0]) ?? Buffer.alloc(0));
    assert.equal(frames.length, 200);
    for (const frame of frames) assert.equal(parse5424(frame).data["bpfwarden@32473"]?.["rule"], "tcp-retransmits");
  });
});
