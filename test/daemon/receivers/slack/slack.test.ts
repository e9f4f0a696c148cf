import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { slackDetails, slackMessage } from "../../../../daemon/receivers/slack/slack-message.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertScenes,
  assertVisible,
  contentOf,
  ended,
  type Got,
  type Reply,
  send,
  SCENES,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

const plainText = (maxLength: number): object => ({
  type: "object",
  required: ["type", "text"],
  properties: {
    type: { const: "plain_text" },
    text: { type: "string", minLength: 1, maxLength },
    emoji: { const: false },
  },
  additionalProperties: false,
});

/**
 * https://docs.slack.dev/reference/methods/chat.postMessage,
 * https://docs.slack.dev/reference/block-kit/blocks (section, context)
 */
const validate = validating({
  type: "object",
  required: ["text", "attachments"],
  properties: {
    text: { type: "string", minLength: 1, maxLength: 4000 },
    mrkdwn: { const: false },
    parse: { const: "none" },
    link_names: { const: false },
    unfurl_links: { const: false },
    unfurl_media: { const: false },
    attachments: {
      type: "array",
      maxItems: 20,
      items: {
        type: "object",
        required: ["color", "blocks"],
        properties: {
          color: { type: "string", pattern: "^#[0-9a-f]{6}$" },
          fallback: { type: "string" },
          blocks: {
            type: "array",
            minItems: 1,
            maxItems: 50,
            items: {
              oneOf: [
                {
                  type: "object",
                  required: ["type", "text"],
                  properties: { type: { const: "section" }, text: plainText(3000) },
                  additionalProperties: false,
                },
                {
                  type: "object",
                  required: ["type", "fields"],
                  properties: {
                    type: { const: "section" },
                    fields: { type: "array", minItems: 1, maxItems: 10, items: plainText(2000) },
                  },
                  additionalProperties: false,
                },
                {
                  type: "object",
                  required: ["type", "elements"],
                  properties: {
                    type: { const: "context" },
                    elements: {
                      type: "array",
                      minItems: 1,
                      maxItems: 10,
                      items: {
                        oneOf: [
                          plainText(2000),
                          {
                            type: "object",
                            required: ["type", "text"],
                            properties: {
                              type: { const: "mrkdwn" },
                              text: { type: "string", pattern: "^<https://wiki[^<>|\\s]*\\|Runbook>$" },
                            },
                            additionalProperties: false,
                          },
                        ],
                      },
                    },
                  },
                  additionalProperties: false,
                },
              ],
            },
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const TOKEN = "xoxb-1234567890-secret";
const app = (api: string, channel = "C0123456789"): ActionSettings => ({
  ...{ name: "oncall", kind: "slack", timeoutMs: 5000 },
  via: {
    token: { from: "plain", value: TOKEN },
    channel,
    api: { from: "plain", value: `${api}/api/` },
  },
});
const hook = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "slack", timeoutMs: 5000 },
  via: { webhook: { from: "plain", value: `${url}/services/T000/B000/XXXX` } },
});

/** Slack's documented success: https://docs.slack.dev/reference/methods/chat.postMessage#examples */
function posted(got: Got): Reply {
  const { thread_ts: thread } = got.body as { readonly thread_ts?: string };
  const ts = thread === undefined ? "1503435956.000247" : "1503435957.000300";
  return {
    body: { ok: true, channel: "C123ABC456", ts, message: { text: "Here's a message for you", type: "message", ts } },
  };
}

/** Slack's documented error. */
const no = (error: string): Reply => ({ body: { ok: false, error } });

const paths = (got: readonly Got[]): readonly string[] => got.map(({ path }) => path.replace("/api/", ""));

suite("Slack by an app", () => {
  test("gets one message that is edited, with the details in its thread", async () => {
    await assertScenes("slack", app, posted);
  });

  test("shows a reply in the channel only if the alerts became worse", async () => {
    await using server = await serving(posted);
    const first = await send(app(server.url), contentOf({}, slow));
    const worse = contentOf({ reason: "severity changed" }, { ...slow, level: "critical" });
    const second = await send(app(server.url), worse, first.remember);
    const third = await send(app(server.url), contentOf({ reason: "severity changed" }, slow), second.remember);
    await send(app(server.url), contentOf({ reason: "all alerts resolved" }, ended), third.remember);
    const [post, update] = ["chat.postMessage", "chat.update"];
    assert.deepEqual(paths(server.got), [post, post, update, post, update, post, update, post]);
    const replies = server.got.map(({ body }) => body as Record<string, unknown>).filter((body) => "thread_ts" in body);
    assert.deepEqual(
      replies.map((body) => body["thread_ts"]),
      Array.from({ length: 4 }, () => "1503435956.000247"),
    );
    assert.deepEqual(
      replies.map((body) => body["reply_broadcast"] ?? false),
      [false, true, false, false],
    );
    const updates = server.got.filter(({ path }) => path.endsWith(update)).map(({ body }) => body);
    for (const body of updates) assert.partialDeepStrictEqual(body, { channel: "C123ABC456", ts: "1503435956.000247" });
    assert.equal(server.got[0]?.headers["authorization"], `Bearer ${TOKEN}`);
  });

  test("gets a new message if the old one is gone, cannot be edited or is in another channel", async () => {
    for (const error of ["message_not_found", "cant_update_message", "edit_window_closed"]) {
      await using server = await serving((got) => (got.path.endsWith("chat.update") ? no(error) : posted(got)));
      const { remember } = await send(app(server.url), contentOf({}, slow));
      const again = await send(app(server.url), contentOf({ reason: "severity changed" }, slow), remember);
      assert.ok(again.ok && again.remember === remember, error);
      assert.deepEqual(paths(server.got.slice(2)), ["chat.update", "chat.postMessage", "chat.postMessage"]);
      await send(app(server.url, "C-other"), contentOf({}, slow), remember);
      assert.deepEqual(paths(server.got.slice(5)), ["chat.postMessage", "chat.postMessage"]);
    }
  });

  test("does not post twice if the reply failed", async () => {
    let isBusy = true;
    await using server = await serving((got) => {
      if (!isBusy || !("thread_ts" in (got.body as object))) return posted(got);
      return { status: 429, headers: { "Retry-After": "30" }, body: { ok: false, error: "ratelimited" } };
    });
    const first = await send(app(server.url), contentOf({}, slow));
    assert.partialDeepStrictEqual(first, { ok: false, trouble: "passing", afterMs: 30_000, isForAll: true });
    isBusy = false;
    assert.ok((await send(app(server.url), contentOf({}, slow), first.remember)).ok);
    assert.deepEqual(paths(server.got), ["chat.postMessage", "chat.postMessage", "chat.update", "chat.postMessage"]);
  });

  test("answers 200 and no in the body: the error says whose fault it is, without the token", async () => {
    const cases = {
      channel_not_found: "setup",
      invalid_auth: "setup",
      internal_error: "passing",
      ratelimited: "passing",
      invalid_blocks: "message",
      some_new_error: "setup",
    };
    for (const [error, trouble] of Object.entries(cases)) {
      await using server = await serving(() => ({
        body: { ok: false, error, response_metadata: { messages: [TOKEN] } },
      }));
      const outcome = await send(app(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble });
      assert.ok(
        !outcome.ok && outcome.error.includes(error) && !outcome.error.includes(TOKEN),
        JSON.stringify(outcome),
      );
    }
  });
});

suite("Slack by an incoming webhook", () => {
  test("gets each change as a message", async () => {
    await using server = await serving(() => ({ body: "ok" }));
    for (const [, content] of SCENES) assert.deepEqual(await send(hook(server.url), content, "x"), { ok: true });
    assert.equal(server.got.length, SCENES.length);
    for (const { path, body } of server.got) {
      assert.equal(path, "/services/T000/B000/XXXX");
      validate(body);
    }
  });

  test("answers errors as texts", async () => {
    const cases = [
      [400, "invalid_payload", "message"],
      [403, "action_prohibited", "setup"],
      [404, "channel_not_found", "setup"],
      [410, "channel_is_archived", "setup"],
      [500, "rollup_error", "passing"],
    ] as const;
    for (const [status, body, trouble] of cases) {
      await using server = await serving(() => ({ status, body }));
      assert.partialDeepStrictEqual(await send(hook(server.url), contentOf({}, slow)), { ok: false, trouble });
    }
  });
});

test("any message of Slack is valid, within the limits, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    for (const made of [slackMessage(message), slackDetails(message)]) {
      validate(made);
      const { text, attachments } = made as {
        readonly text: string;
        readonly attachments: readonly { fallback: string }[];
      };
      for (const shown of [text, ...attachments.map(({ fallback }) => fallback)]) {
        assert.doesNotMatch(shown, /[<>]|&(?!(amp|lt|gt);)/);
        assertVisible(shown);
      }
      assertVisible(JSON.stringify(made));
    }
  });
});
