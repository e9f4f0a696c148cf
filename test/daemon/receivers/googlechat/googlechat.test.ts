import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { googleChatMessage } from "../../../../daemon/receivers/googlechat/google-chat-message.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertScenes,
  assertVisible,
  contentOf,
  ended,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

/** https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages and .../cards */
const validate = validating({
  type: "object",
  required: ["cardsV2", "fallbackText"],
  properties: {
    fallbackText: { type: "string", minLength: 1 },
    thread: {
      type: "object",
      required: ["threadKey"],
      properties: { threadKey: { type: "string", pattern: "^[\\w-]{1,4000}$" } },
      additionalProperties: false,
    },
    cardsV2: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["cardId", "card"],
        properties: {
          cardId: { type: "string" },
          card: {
            type: "object",
            required: ["header", "sections"],
            properties: {
              header: {
                type: "object",
                required: ["title"],
                properties: { title: { type: "string", minLength: 1 }, subtitle: { type: "string" } },
                additionalProperties: false,
              },
              sections: {
                type: "array",
                minItems: 1,
                maxItems: 100,
                items: {
                  type: "object",
                  required: ["widgets"],
                  properties: {
                    widgets: {
                      type: "array",
                      minItems: 1,
                      maxItems: 100,
                      items: {
                        type: "object",
                        required: ["textParagraph"],
                        properties: {
                          textParagraph: {
                            type: "object",
                            required: ["text"],
                            properties: { text: { type: "string", minLength: 1 } },
                            additionalProperties: false,
                          },
                        },
                        additionalProperties: false,
                      },
                    },
                  },
                  additionalProperties: false,
                },
              },
            },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "googlechat", timeoutMs: 5000 },
  url: { from: "plain", value: `${url}/v1/spaces/AAAA/messages?key=KEY&token=SECRET-TOKEN` },
});
const created = (): Reply => ({
  body: { name: "spaces/AAAA/messages/BBBB.BBBB", thread: { name: "spaces/AAAA/threads/BBBB" } },
});

/** The documented form of an error of Google's APIs. */
const no = (code: number, status: string): Reply => ({
  status: code,
  body: { error: { code, message: "no", status } },
});

suite("Google Chat", () => {
  test("gets each change as a card in one thread", async () => {
    await assertScenes("googlechat", action, created);
  });

  test("gets another thread for another time of the group", async () => {
    await using server = await serving(created);
    for (const content of [contentOf({}, slow), contentOf({}, ended), contentOf({ openedAtUnixMs: 1 }, slow)])
      assert.ok((await send(action(server.url), content)).ok);
    const [first, end, second] = server.got.map(({ body }) => (body as { readonly thread: object }).thread);
    assert.deepEqual(first, end);
    assert.notDeepEqual(first, second);
    assert.match(server.got[0]?.path ?? "", /&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD$/);
  });

  test("says what is wrong, without its URL", async () => {
    const cases = [
      [no(429, "RESOURCE_EXHAUSTED"), "passing"],
      [no(400, "INVALID_ARGUMENT"), "message"],
      [no(403, "PERMISSION_DENIED"), "setup"],
      [no(404, "NOT_FOUND"), "setup"],
      [no(503, "UNAVAILABLE"), "passing"],
    ] as const;
    for (const [reply, trouble] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble });
      assert.doesNotMatch(JSON.stringify(outcome), /SECRET/);
    }
  });
});

interface Card {
  readonly fallbackText: string;
  readonly cardsV2: readonly [
    { card: { header: object; sections: readonly [{ widgets: readonly { textParagraph: { text: string } }[] }] } },
  ];
}

test("any card of Google Chat is valid, within 32,000 bytes, and nothing in it is markup or a link", () => {
  assertAnyMessage((message) => {
    const made = googleChatMessage(message, "key") as Card;
    validate(made);
    assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 32_000, String(Buffer.byteLength(JSON.stringify(made))));
    assertVisible(JSON.stringify(made));
    for (const { textParagraph } of made.cardsV2[0].card.sections[0].widgets) {
      const outside = textParagraph.text.replace(/<a href="https:\/\/wiki\.example\.org\/[^"<>]*">Runbook<\/a>/g, "");
      assert.doesNotMatch(outside, /[<>]|:\/\/|&(?!(amp|lt|gt|quot);)/);
    }
  });
});
