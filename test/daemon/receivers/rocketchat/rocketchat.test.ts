import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { rocketChatMessage } from "../../../../daemon/receivers/rocketchat/delivery.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertInertMarkdown,
  assertScenes,
  assertVisible,
  contentOf,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

/** https://docs.rocket.chat/docs/integrations (incoming webhooks), Message_MaxAllowedSize */
const validate = validating({
  type: "object",
  required: ["text", "attachments"],
  properties: {
    channel: { type: "string" },
    parseUrls: { const: false },
    text: { type: "string", minLength: 1, maxLength: 1024 },
    attachments: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["text"],
        properties: {
          color: { type: "string", pattern: "^#[0-9a-f]{6}$" },
          fallback: { type: "string", pattern: "^[\\w .:?-]*$" },
          text: { type: "string", maxLength: 5000 },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "rocketchat", timeoutMs: 5000, channel: "ops" },
  url: { from: "plain", value: `${url}/hooks/5a6b7c8d9e0f1a2b3/SECRETSECRETSECRETSECRET` },
});
const ok = (): Reply => ({ body: { success: true } });

suite("Rocket.Chat", () => {
  test("gets each change as a message", async () => {
    await assertScenes("rocketchat", action, ok);
  });

  test("says what is wrong, and that it is busy", async () => {
    const cases: readonly (readonly [Reply, object])[] = [
      [
        { status: 429, headers: { "Retry-After": "3" }, body: "" },
        { trouble: "passing", afterMs: 3000, isForAll: true },
      ],
      [
        { status: 200, body: { success: false, error: "error-invalid-channel" } },
        { trouble: "setup", error: "Rocket.Chat answers error-invalid-channel" },
      ],
      [{ status: 400, body: { success: false, error: "invalid-channel" } }, { trouble: "message" }],
      [{ status: 401, body: { success: false, error: "unauthorized" } }, { trouble: "setup" }],
      [{ status: 500, body: "" }, { trouble: "passing" }],
    ];
    for (const [reply, expected] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, ...expected });
      assert.doesNotMatch(JSON.stringify(outcome), /SECRET|abcdefghij/);
    }
  });
});

test("any message of Rocket.Chat is valid, within the limits, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    const made = rocketChatMessage(message, "ops") as {
      readonly text: string;
      readonly attachments: readonly { text: string }[];
    };
    validate(made);
    for (const text of [made.text, ...made.attachments.map((each) => each.text)]) {
      assertInertMarkdown(text);
      assertVisible(text);
    }
  });
});
