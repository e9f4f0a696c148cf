import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { teamsMessage } from "../../../../daemon/receivers/teams/delivery.ts";
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

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
const validate = validating({
  type: "object",
  required: ["type", "attachments"],
  properties: {
    type: { const: "message" },
    attachments: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        required: ["contentType", "content"],
        properties: {
          contentType: { const: "application/vnd.microsoft.card.adaptive" },
          contentUrl: { const: null },
          content: adaptiveCardSchema("1.4"),
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
});

const PATH = "/powerautomate/automations/direct/workflows/0123/triggers/manual/paths/invoke?sig=SECRET-SIGNATURE";
const action = (url: string): ActionSettings => ({
  ...{ name: "oncall", kind: "teams", timeoutMs: 5000 },
  url: { from: "plain", value: `${url}${PATH}` },
});
/** A flow takes the card without a body. */
const accepted = (): Reply => ({ status: 202, body: "" });

suite("Teams", () => {
  test("gets each change as a card", async () => {
    await assertScenes("teams", action, accepted);
  });

  test("answers an error of the flow", async () => {
    const cases: readonly (readonly [Reply, object])[] = [
      [
        { status: 429, headers: { "Retry-After": "20" }, body: { error: { code: "429" } } },
        { trouble: "passing", afterMs: 20_000, isForAll: true },
      ],
      [{ status: 401, body: { error: { code: "DirectApiAuthorizationRequired" } } }, { trouble: "setup" }],
      [{ status: 404, body: { error: { code: "WorkflowNotFound" } } }, { trouble: "setup" }],
      [{ status: 400, body: { error: { code: "TriggerInputSchemaMismatch" } } }, { trouble: "message" }],
      [{ status: 502, body: { error: { code: "NoResponse" } } }, { trouble: "passing" }],
    ];
    for (const [reply, expected] of cases) {
      await using server = await serving(() => reply);
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, ...expected });
      assert.doesNotMatch(JSON.stringify(outcome), /SIGNATURE/);
    }
  });
});

test("any card of Teams is valid, below 28 KB, and nothing in it is markup or a mention", () => {
  assertAnyMessage((message) => {
    const made = teamsMessage(message);
    validate(made);
    assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 28_000);
    assertInertCard(made);
  });
});
