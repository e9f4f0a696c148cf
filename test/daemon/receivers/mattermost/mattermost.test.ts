import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { mattermostMessage } from "../../../../daemon/receivers/mattermost/delivery.ts";
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

/**
 * https://developers.mattermost.com/integrate/webhooks/incoming and
 * .../reference/message-attachments
 */
const validate = validating({
  type: "object",
  required: ["text", "attachments"],
  properties: {
    channel: { type: "string" },
    text: { type: "string", minLength: 1, maxLength: 16383 },
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
          text: { type: "string", maxLength: 16383 },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "mattermost", timeoutMs: 5000, channel: "ops" },
  url: { from: "plain", value: `${url}/hooks/abcdefghijklmnopqrstuvwxyz` },
});
const ok = (): Reply => ({ body: "ok" });

suite("Mattermost", () => {
  test("gets each change as a message", async () => {
    await assertScenes("mattermost", action, ok);
  });

  test("says what is wrong, and that it is busy", async () => {
    const cases: readonly (readonly [Reply, object])[] = [
      [
        { status: 429, headers: { "Retry-After": "3" }, body: "" },
        { trouble: "passing", afterMs: 3000, isForAll: true },
      ],
      [
        {
          status: 400,
          body: { id: "api.incoming_webhook.invalid.app_error", message: "Invalid webhook", status_code: 400 },
        },
        { trouble: "message" },
      ],
      [
        { status: 403, body: { message: "Incoming webhooks have been disabled", status_code: 403 } },
        { trouble: "setup" },
      ],
      [{ status: 404, body: { message: "Could not find the channel", status_code: 404 } }, { trouble: "setup" }],
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

test("any message of Mattermost is valid, within the limits, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    const made = mattermostMessage(message, "ops") as {
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
