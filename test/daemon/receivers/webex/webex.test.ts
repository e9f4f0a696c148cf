import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { webexMessage } from "../../../../daemon/receivers/webex/delivery.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { adaptiveCardSchema, assertInertCard } from "../adaptive-card-fixture.ts";
import {
  assertAnyMessage,
  assertScenes,
  contentOf,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

/** https://developer.webex.com/docs/api/v1/messages/create-a-message */
const validate = validating({
  type: "object",
  required: ["roomId", "text", "attachments"],
  properties: {
    roomId: { type: "string", minLength: 1 },
    text: { type: "string", minLength: 1 },
    attachments: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["contentType", "content"],
        properties: {
          contentType: { const: "application/vnd.microsoft.card.adaptive" },
          content: adaptiveCardSchema("1.3"),
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const TOKEN = "webex-bot-secret-token";
const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "webex", timeoutMs: 5000, room: "Y2lzY29zcGFyazovL3VzL1JPT00" },
  token: { from: "plain", value: TOKEN },
  api: { from: "plain", value: `${url}/v1` },
});
const created = (): Reply => ({ body: { id: "Y2lzY29zcGFyazovL3VzL01FU1NBR0U", roomType: "group" } });

suite("Webex", () => {
  test("gets each change as a card", async () => {
    await assertScenes("webex", action, created);
  });

  test("says what is wrong, without the token", async () => {
    const body = { message: `no ${TOKEN}`, errors: [{ description: "no" }], trackingId: "ROUTER_1" };
    const cases: readonly (readonly [Reply, object])[] = [
      [
        { status: 429, headers: { "Retry-After": "12" }, body },
        { trouble: "passing", afterMs: 12_000, isForAll: true },
      ],
      [{ status: 400, body }, { trouble: "message" }],
      [{ status: 401, body }, { trouble: "setup" }],
      [{ status: 404, body }, { trouble: "setup" }],
      [{ status: 503, body }, { trouble: "passing" }],
    ];
    for (const [reply, expected] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, ...expected });
      assert.doesNotMatch(JSON.stringify(outcome), /secret/);
      assert.equal(server.got[0]?.headers["authorization"], `Bearer ${TOKEN}`);
    }
  });
});

test("any message of Webex is valid, within the limits, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    const made = webexMessage(message, "room") as { readonly text: string };
    validate(made);
    assert.ok(Buffer.byteLength(made.text) <= 7439);
    assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 22_000 + 7439);
    assertInertCard(made);
  });
});
