import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { suite, test } from "node:test";
import { type HttpReceiver, httpDelivery } from "../../../../daemon/notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../../../daemon/notify/deliver/http-request.ts";
import type { ReceiverContext } from "../../../../daemon/notify/deliver/receiver-delivery.ts";
import type { Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import type { HttpSettings } from "../../../../daemon/receivers/http-settings.ts";
import { alert, alerts, context } from "../fixtures.ts";

const never = new AbortController().signal;
const action = { name: "oncall", timeoutMs: 5000 };

/** Makes one attempt of a receiver. */
function deliver(
  receiver: HttpReceiver<HttpSettings>,
  changes: Partial<ReceiverContext> = {},
  known?: string,
): Promise<Outcome> {
  const { id, content } = alerts({ ...action, kind: "webhook", url: { from: "plain", value: "" } }, alert);
  const delivery = { id, action, content, ...(known !== undefined && { known }) };
  return httpDelivery(receiver).deliver(delivery, context(changes), never);
}

async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const serve = (answer: RequestListener): ReturnType<typeof listening> => listening(createPlainServer(answer));

suite("requests of one delivery", () => {
  test("are sent in order until one fails", async () => {
    const seen: string[] = [];
    await using server = await serve(({ method, url }, response) => {
      seen.push(`${method ?? ""} ${url ?? ""}`);
      response.writeHead(url === "/b" ? 500 : 200).end();
    });
    const url = (path: string): string => `http://127.0.0.1:${server.port}/${path}`;
    const outcome = await deliver({
      render: () => [
        { url: url("a"), body: "1" },
        { url: url("b"), method: "PUT", body: "2" },
        { url: url("c"), body: "3" },
      ],
    });
    assert.deepEqual(seen, ["POST /a", "PUT /b"]);
    const error = `http://127.0.0.1:${server.port}: HTTP 500`;
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing", error });
  });

  test("go on where the attempt before ended, and have a key each", async () => {
    const seen: string[] = [];
    let isBusy = true;
    await using server = await serve(({ url, headers }, response) => {
      seen.push(`${url ?? ""} ${headers["idempotency-key"]?.toString() ?? ""}`);
      response.writeHead(isBusy && url === "/b" ? 429 : 200).end();
    });
    const render = () => ["a", "b", "c"].map((path) => ({ url: `http://127.0.0.1:${server.port}/${path}`, body: "" }));
    const { remember } = await deliver({ render });
    const again = await deliver({ render }, {}, remember);
    assert.deepEqual(seen.splice(0), ["/a delivery-1", "/b delivery-1-1", "/b delivery-1-1"]);
    isBusy = false;
    assert.deepEqual(await deliver({ render }, {}, again.remember), { ok: true });
    assert.deepEqual(seen.splice(0), ["/b delivery-1-1", "/c delivery-1-2"]);
    const ofOther = remember?.replace("delivery-1", "delivery-0") ?? "";
    for (const known of [ofOther, "", "null", "7", "{"]) {
      await deliver({ render }, {}, known);
      assert.equal(seen.splice(0).length, 3, known);
    }
  });

  test("go on after one that is refused for its content", async () => {
    let refused: readonly string[] = ["/b"];
    const seen: string[] = [];
    await using server = await serve(({ url = "" }, response) => {
      seen.push(url);
      response.writeHead(refused.includes(url) ? 400 : 200).end();
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const render = () => ["a", "b", "c"].map((path) => ({ url: `${origin}/${path}`, body: "" }));
    assert.deepEqual(await deliver({ render }), {
      ok: true,
      warning: `1 of 3 requests were refused: ${origin}: HTTP 400`,
    });
    assert.deepEqual(seen, ["/a", "/b", "/c"]);
    refused = ["/a", "/b", "/c"];
    assert.deepEqual(await deliver({ render }), { ok: false, trouble: "message", error: `${origin}: HTTP 400` });
  });

  test("can depend on the answers before, and remember a part of them also if a later one fails", async () => {
    const seen: string[] = [];
    await using server = await serve(({ url }, response) => {
      seen.push(url ?? "");
      response.writeHead(url === "/edit/7" ? 404 : url === "/reply/8" ? 500 : 200).end("8");
    });
    const to = (path: string): HttpRequest => ({ url: `http://127.0.0.1:${server.port}/${path}`, body: "" });
    const outcome = await deliver({
      *render(_, { remember }) {
        const edited = yield { ...to("edit/7"), isExpected: ({ status }) => status === 404 };
        assert.equal(edited.status, 404);
        const { body } = yield to("post");
        remember(body);
        yield to(`reply/${body}`);
      },
    });
    assert.deepEqual(seen, ["/edit/7", "/post", "/reply/8"]);
    const error = `http://127.0.0.1:${server.port}: HTTP 500`;
    assert.deepEqual(outcome, { ok: false, trouble: "passing", error, remember: "8" });
  });

  test("have the receiver's headers instead of the common ones", async () => {
    const seen: unknown[] = [];
    await using server = await serve(({ headers }, response) => {
      seen.push([headers["content-type"], headers["authorization"], headers["idempotency-key"]]);
      response.end();
    });
    const headers = { "Content-Type": "text/plain", Authorization: "Bearer t" };
    await deliver({ render: () => [{ url: `http://u:p@127.0.0.1:${server.port}`, headers, body: "" }] });
    assert.deepEqual(seen, [["text/plain", "Bearer t", "delivery-1"]]);
  });

  test("fail as the message's fault if they cannot be made, and as the set-up's without a secret", async () => {
    const broken = await deliver({
      render: () => {
        throw new Error("no such field");
      },
    });
    const error = "the message cannot be built: no such field";
    assert.deepEqual(broken, { ok: false, trouble: "message", error });
    const unreadable = new Error("the secret is missing");
    const readSecret = (): string => {
      throw unreadable;
    };
    const url = { from: "env", name: "NONE" } as const;
    const attempt = deliver({ render: (_, given) => [{ url: given.readSecret(url), body: "" }] }, { readSecret });
    await assert.rejects(attempt, unreadable);
  });
});

test("an answer of success can say no in its body", async () => {
  await using server = await serve((_, response) => response.end(`{"ok": false, "error": "channel_not_found"}`));
  const outcome = await deliver({
    render: () => [{ url: `http://127.0.0.1:${server.port}`, body: "" }],
    classify: ({ body }) =>
      (JSON.parse(body) as { ok: boolean }).ok ? undefined : { ok: false, trouble: "setup", error: body },
  });
  assert.deepEqual(outcome, { ok: false, trouble: "setup", error: `{"ok": false, "error": "channel_not_found"}` });
});
