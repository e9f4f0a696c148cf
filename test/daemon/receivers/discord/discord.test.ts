import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { discordMessage, discordNotice } from "../../../../daemon/receivers/discord/discord-message.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertInertMarkdown,
  assertScenes,
  assertVisible,
  contentOf,
  ended,
  type Got,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

/**
 * https://docs.discord.com/developers/resources/webhook#execute-webhook,
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
const validate = validating({
  type: "object",
  required: ["content", "allowed_mentions"],
  properties: {
    content: { type: "string", minLength: 1, maxLength: 2000 },
    allowed_mentions: { const: { parse: [] } },
    embeds: {
      type: "array",
      maxItems: 10,
      items: {
        type: "object",
        required: ["description"],
        properties: {
          color: { type: "integer", minimum: 0, maximum: 0xffffff },
          description: { type: "string", minLength: 1, maxLength: 4096 },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "discord", timeoutMs: 5000, thread: "1035" },
  url: { from: "plain", value: `${url}/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44f` },
});

/** A part of Discord's documented message. */
function posted(): Reply {
  return {
    body: { type: 0, channel_id: "290926798999357250", id: "334385199974967042", content: "Supa Hot", webhook_id: "1" },
  };
}

const short = ({ method, path }: Got): string => `${method} ${path.replace(/^.*b1b44f/, "")}`;
const POST = "POST ?wait=true&thread_id=1035";
const PATCH = "PATCH /messages/334385199974967042?thread_id=1035";

suite("Discord", () => {
  test("gets one message that is edited", async () => {
    await assertScenes("discord", action, posted);
  });

  test("gets a short second message only if the alerts became worse, or as a reminder", async () => {
    await using server = await serving(posted);
    const { remember: first } = await send(action(server.url), contentOf({}, slow));
    const critical = { ...slow, level: "critical" } as const;
    const { remember: second } = await send(
      action(server.url),
      contentOf({ reason: "severity changed" }, critical),
      first,
    );
    const { remember: third } = await send(
      action(server.url),
      contentOf({ reason: "repeat interval elapsed" }, critical),
      second,
    );
    const { remember: fourth } = await send(action(server.url), contentOf({ reason: "severity changed" }, slow), third);
    await send(action(server.url), contentOf({ reason: "all alerts resolved" }, ended), fourth);
    assert.deepEqual(server.got.map(short), [POST, PATCH, POST, PATCH, POST, PATCH, PATCH]);
    assert.deepEqual(
      server.got.map(({ body }) => "embeds" in (body as object)),
      [true, true, false, true, false, true, true],
    );
  });

  test("gets a new message if the old one is gone, but not if the webhook is", async () => {
    for (const [code, expected] of [
      [10_008, [POST, PATCH, POST]],
      [10_015, [POST, PATCH]],
    ] as const) {
      await using server = await serving(({ method }) =>
        method === "PATCH" ? { status: 404, body: { message: "Unknown", code } } : posted(),
      );
      const { remember } = await send(action(server.url), contentOf({}, slow));
      const again = await send(action(server.url), contentOf({}, ended), remember);
      assert.deepEqual(server.got.map(short), expected);
      assert.partialDeepStrictEqual(again, code === 10_008 ? { ok: true } : { ok: false, trouble: "setup" });
    }
  });

  test("asks for a pause, and refuses what it cannot read", async () => {
    const limited = { message: "You are being rate limited.", retry_after: 64.57, global: false };
    await using busy = await serving(() => ({ status: 429, headers: { "Retry-After": "65" }, body: limited }));
    const outcome = await send(action(busy.url), contentOf({}, slow));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing", afterMs: 65_000, isForAll: true });
    await using strict = await serving(() => ({ status: 400, body: { code: 50_035, message: "Invalid Form Body" } }));
    const refused = await send(action(strict.url), contentOf({}, slow));
    assert.partialDeepStrictEqual(refused, { ok: false, trouble: "message" });
    assert.ok(!refused.ok && !refused.error.includes("3d89bb"), JSON.stringify(refused));
  });
});

test("any message of Discord is valid, within the limits, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    for (const made of [discordMessage(message), discordNotice(message)]) {
      validate(made);
      const { content, embeds = [] } = made as {
        readonly content: string;
        readonly embeds?: { description: string }[];
      };
      for (const text of [content, ...embeds.map(({ description }) => description)]) {
        assertInertMarkdown(text);
        assertVisible(text);
      }
    }
  });
});
