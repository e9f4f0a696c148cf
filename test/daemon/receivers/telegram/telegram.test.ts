import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { telegramNotice, telegramPlain, telegramText } from "../../../../daemon/receivers/telegram/telegram-message.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertInertHtml,
  assertScenes,
  assertVisible,
  contentOf,
  ended,
  type Got,
  type Reply,
  send,
  serving,
  slow,
} from "../chat-fixture.ts";

/** The token in Telegram's documentation. */
const TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11";
const action = (url: string, chat = "-1001234567890"): ActionSettings => ({
  ...{ name: "oncall", kind: "telegram", timeoutMs: 5000, topic: 7, chat },
  token: { from: "plain", value: TOKEN },
  api: { from: "plain", value: url },
});

/** https://core.telegram.org/bots/api#making-requests */
function posted({ path }: Got): Reply {
  return { body: { ok: true, result: { message_id: path.endsWith("/sendMessage") ? 4711 : 0, date: 1_795_000_000 } } };
}

const no = (description: string, parameters?: object): Reply => ({
  status: 400,
  body: { ok: false, error_code: 400, description: `Bad Request: ${description}`, ...(parameters && { parameters }) },
});

const short = ({ path }: Got): string => path.split("/").at(-1) ?? "";
const [SENT, EDITED] = ["sendMessage", "editMessageText"];

suite("Telegram", () => {
  test("gets one message that is edited", async () => {
    await assertScenes("telegram", action, posted);
  });

  test("gets a reply only if the alerts became worse", async () => {
    await using server = await serving(posted);
    const { remember: first } = await send(action(server.url), contentOf({}, slow));
    const worse = contentOf({ reason: "severity changed" }, { ...slow, level: "critical" });
    const { remember: second } = await send(action(server.url), worse, first);
    const { remember: third } = await send(action(server.url), contentOf({ reason: "severity changed" }, slow), second);
    await send(action(server.url), contentOf({ reason: "all alerts resolved" }, ended), third);
    assert.deepEqual(server.got.map(short), [SENT, EDITED, SENT, EDITED, EDITED]);
    assert.partialDeepStrictEqual(server.got[2]?.body, { reply_parameters: { message_id: 4711 } });
    assert.equal(server.got[0]?.path, `/bot${TOKEN}/sendMessage`);
  });

  test("gets a new message if the old one is gone or in another chat, and none if nothing changed", async () => {
    for (const [description, expected] of [
      ["message to edit not found", [SENT, EDITED, SENT]],
      ["message can't be edited", [SENT, EDITED, SENT]],
      ["message is not modified: specified new message content is the same", [SENT, EDITED]],
    ] as const) {
      await using server = await serving((got) => (short(got) === EDITED ? no(description) : posted(got)));
      const { remember } = await send(action(server.url), contentOf({}, slow));
      assert.ok((await send(action(server.url), contentOf({}, ended), remember)).ok);
      assert.deepEqual(server.got.map(short), expected);
      await send(action(server.url, "@elsewhere"), contentOf({}, ended), remember);
      assert.equal(server.got.slice(expected.length).map(short).join(), SENT);
    }
  });

  test("gets the text without markup if it cannot read it", async () => {
    await using server = await serving((got) =>
      "parse_mode" in (got.body as object) ? no("can't parse entities: Unsupported start tag") : posted(got),
    );
    assert.ok((await send(action(server.url), contentOf({}, slow))).remember?.includes("4711"));
    const [, { body }] = server.got as [Got, Got];
    const { text, entities } = body as { readonly text: string; readonly entities: unknown };
    assert.deepEqual(entities, [{ type: "pre", offset: 0, length: text.length }]);
  });

  test("says in its body what is wrong, without the token", async () => {
    const cases: readonly (readonly [Reply, object])[] = [
      [
        { status: 429, body: { ok: false, description: "Too Many Requests", parameters: { retry_after: 5 } } },
        { trouble: "passing", afterMs: 5000, isForAll: true },
      ],
      [{ status: 401, body: { ok: false, description: "Unauthorized" } }, { trouble: "setup" }],
      [{ status: 403, body: { ok: false, description: "Forbidden: bot was kicked" } }, { trouble: "setup" }],
      [no("chat not found"), { trouble: "setup" }],
      [no("group chat was upgraded to a supergroup chat", { migrate_to_chat_id: -100_999 }), { trouble: "setup" }],
      [no(`something about ${TOKEN}`), { trouble: "message" }],
      [{ status: 502, body: "Bad Gateway" }, { trouble: "passing" }],
    ];
    for (const [reply, expected] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, ...expected });
      assert.doesNotMatch(JSON.stringify(outcome), /ABC-DEF/);
      if (JSON.stringify(reply).includes("migrate")) assert.match(JSON.stringify(outcome), /write chat: \\"-100999\\"/);
    }
  });
});

test("any message of Telegram is within the limits, and nothing in it is markup, a link or a mention", () => {
  assertAnyMessage((message) => {
    for (const made of [telegramText(message), telegramNotice(message)]) {
      const { text } = made as { readonly text: string };
      assert.ok(text.length > 0 && text.length <= 4096, String(text.length));
      assertInertHtml(text);
      assertVisible(text);
    }
    const { text, entities } = telegramPlain(message) as {
      readonly text: string;
      readonly entities: readonly { length: number }[];
    };
    assert.ok(text.length <= 4096 && entities[0]?.length === text.length);
  });
});
