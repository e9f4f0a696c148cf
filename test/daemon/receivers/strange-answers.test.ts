import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReceiverKind } from "../../../daemon/receivers/receivers.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { contentOf, ended, type Reply, send, serving, slow } from "./chat-fixture.ts";

process.env["TOKEN"] = "s3cr3t-token";

/** Services whose answers say that they took a message, and an answer that says so. */
const SERVICES: { readonly [Kind in ReceiverKind]?: readonly [settings: (url: string) => string, taken: object] } = {
  slack: [
    (url) => `{token: "env:TOKEN", channel: C0, api: "${url}/api"}`,
    { ok: true, channel: "C0", ts: "1503435956.000247" },
  ],
  telegram: [(url) => `{token: "env:TOKEN", chat: "-1001", api: "${url}"}`, { ok: true, result: { message_id: 7 } }],
  discord: [(url) => `{url: "${url}/api/webhooks/1/KEY"}`, { id: "7" }],
  matrix: [(url) => `{server: "${url}", token: "env:TOKEN", room: "!r:example.org"}`, { event_id: "$1" }],
  victorops: [
    (url) => `{url: "${url}/integrations/generic/20131114/alert/KEY/ROUTING"}`,
    { result: "success", entity_id: "x" },
  ],
  pushover: [(url) => `{token: "env:TOKEN", user_key: "env:TOKEN", url: "${url}"}`, { status: 1, request: "1" }],
};

/** Answers of success that do not come from the service. */
const STRANGE: readonly Reply[] = [
  { body: "<html><body>Sign in to the network</body></html>" },
  { body: "" },
  { status: 204, body: "" },
  { body: "[]" },
  { body: '{"ok": "yes", "id": null, "result"' },
  { body: `{"ok": true, "filler": "${"x".repeat(100_000)}"}` },
];

function actionOf(kind: string, settings: string): ActionSettings {
  const text = `actions: {oncall: {${kind}: ${settings}}}\ndefaults: {action: oncall}\n`;
  const action = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1").result?.actions.get("oncall");
  assert.ok(action !== undefined);
  return action;
}

for (const [kind, [settings, taken]] of Object.entries(SERVICES)) {
  test(`${kind} has a message only if its answer says so: a page of a proxy swallows none`, async () => {
    let reply: Reply = { body: taken };
    await using server = await serving(() => reply);
    const action = actionOf(kind, settings(server.url));
    assert.ok((await send(action, contentOf({}, slow))).ok);
    for (reply of STRANGE) {
      const outcome = await send(action, contentOf({ reason: "all alerts resolved" }, ended));
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
      assert.equal(outcome.remember, undefined);
    }
  });
}
