import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { matrixMessage } from "../../../../daemon/receivers/matrix/delivery.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertInertHtml,
  assertScenes,
  assertVisible,
  contentOf,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

/** https://spec.matrix.org/latest/client-server-api/#mtext and #user-and-room-mentions */
const validate = validating({
  type: "object",
  required: ["msgtype", "body", "format", "formatted_body", "m.mentions"],
  properties: {
    msgtype: { const: "m.text" },
    body: { type: "string", minLength: 1 },
    format: { const: "org.matrix.custom.html" },
    formatted_body: { type: "string", minLength: 1 },
    "m.mentions": { const: {} },
  },
  additionalProperties: false,
});

const TOKEN = "syt_secret_token";
const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "matrix", timeoutMs: 5000, room: "!636q39766251:example.com" },
  server: { from: "plain", value: `${url}/` },
  token: { from: "plain", value: TOKEN },
});
const sent = (): Reply => ({ body: { event_id: "$YUwRidLecu:example.com" } });

suite("Matrix", () => {
  test("gets each change as a message", async () => {
    await assertScenes("matrix", action, sent);
  });

  test("gets a message that is tried again under the same transaction", async () => {
    await using server = await serving(sent);
    for (let attempt = 0; attempt < 2; attempt++)
      assert.deepEqual(await send(action(server.url), contentOf({}, slow)), { ok: true });
    const expected = "PUT /_matrix/client/v3/rooms/!636q39766251%3Aexample.com/send/m.room.message/delivery-1";
    assert.deepEqual(
      server.got.map(({ method, path }) => `${method} ${path}`),
      [expected, expected],
    );
    assert.equal(server.got[0]?.headers["authorization"], `Bearer ${TOKEN}`);
  });

  test("says what is wrong, without the token", async () => {
    const cases: readonly (readonly [Reply, object])[] = [
      [
        {
          status: 429,
          headers: { "Retry-After": "2" },
          body: { errcode: "M_LIMIT_EXCEEDED", error: "Too many requests" },
        },
        { trouble: "passing", afterMs: 2000, isForAll: true },
      ],
      [{ status: 401, body: { errcode: "M_UNKNOWN_TOKEN", error: TOKEN } }, { trouble: "setup" }],
      [{ status: 403, body: { errcode: "M_FORBIDDEN", error: "not in room" } }, { trouble: "setup" }],
      [{ status: 413, body: { errcode: "M_TOO_LARGE", error: "event too large" } }, { trouble: "message" }],
    ];
    for (const [reply, expected] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, ...expected });
      assert.doesNotMatch(JSON.stringify(outcome), /secret/);
    }
  });
});

test("any message of Matrix is valid, below the size of an event, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    const made = matrixMessage(message) as { readonly body: string; readonly formatted_body: string };
    validate(made);
    assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 60_000);
    assertInertHtml(made.formatted_body);
    assertVisible(made.body);
    assertVisible(made.formatted_body);
  });
});
