import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { type ChatMessage, chatMessage } from "../../../daemon/notify/message/chat-message.ts";
import { googleChatMessage } from "../../../daemon/receivers/googlechat/google-chat-message.ts";
import { matrixMessage } from "../../../daemon/receivers/matrix/delivery.ts";
import { slackDetails } from "../../../daemon/receivers/slack/slack-message.ts";
import { teamsMessage } from "../../../daemon/receivers/teams/delivery.ts";
import { webexMessage } from "../../../daemon/receivers/webex/delivery.ts";
import { jsonLine } from "../../../daemon/text/json-line.ts";
import { contentOf, slow } from "./chat-fixture.ts";

/**
 * Characters that take more bytes in a body of JSON, in HTML or as an escape than they have
 * themselves: anyone can name a process so.
 */
const CHARACTERS = ["a", "\\", '"', "&", "<", "\u0001", "\n", "é", "漢", "👩‍👩‍👧‍👦", "\ud800", "://"];

/** The bytes of a body that the service takes, by its documents, less what a server adds. */
const LIMITS: Readonly<Record<string, readonly [make: (message: ChatMessage) => object, bytes: number]>> = {
  googlechat: [(message) => googleChatMessage(message, "key"), 32_000],
  matrix: [matrixMessage, 62_000],
  teams: [teamsMessage, 28_000],
  webex: [(message) => webexMessage(message, "room"), 22_000 + 7439],
};

function alertOf(character: string, length: number, index: number): AlertEvent {
  const text = `${character.repeat(Math.ceil(length / character.length))}${index}`;
  const labels = { comm: text, argv: text, file: text };
  return { ...slow, labels, key: labels, summary: text, description: text, topKeys: [{ labels, value: 3 }] };
}

for (const [kind, [make, bytes]] of Object.entries(LIMITS)) {
  test(`${kind}: a body of any characters is within the limit`, () => {
    for (const character of CHARACTERS)
      for (const [count, length] of [
        [1, 4000],
        [5, 4000],
        [300, 60],
        [300, 250],
      ] as const) {
        const alerts = Array.from({ length: count }, (_, index) => alertOf(character, length, index));
        const size = Buffer.byteLength(jsonLine(make(chatMessage(contentOf({}, ...alerts), { instance: "web1" }))));
        assert.ok(size <= bytes, `${count} alerts with ${JSON.stringify(character)}: ${size} bytes`);
      }
  });
}

test("slack: no section of details is empty, however long the lines beside an empty one are", () => {
  const message = chatMessage(contentOf({}, slow), {});
  const details = ["x".repeat(2999), "", "y".repeat(3000), "", "z"];
  const { attachments } = slackDetails({ ...message, notes: [], details }) as {
    readonly attachments: readonly { readonly blocks: readonly { readonly text: { readonly text: string } }[] }[];
  };
  const texts = attachments.flatMap(({ blocks }) => blocks.map(({ text }) => text.text));
  assert.deepEqual(
    texts.map((text) => text[0]),
    ["x", "y", "z"],
  );
});
