import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
import { signatureHeaders } from "../../../../daemon/receivers/webhook/signature.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { alert, alerts, context } from "../../notify/fixtures.ts";
import { type Service, startService } from "../http-service.ts";
import { RANDOM_ALERTS } from "../random-alerts.ts";

const never = new AbortController().signal;

function settingsOf(keys: string) {
  const text = `actions:\n  hook:\n    webhook:\n${keys.replace(/^/gm, "      ")}\ndefaults: {action: hook}\n`;
  return readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1");
}

function actionOf(keys: string): ActionSettings {
  const { result, diagnostics } = settingsOf(keys);
  assert.deepEqual(diagnostics, []);
  const action = result?.actions.get("hook");
  assert.ok(action !== undefined);
  return action;
}

const started = (): Promise<Service> => startService(() => ({ status: 200 }));

test("a webhook takes a method, headers and a body of its own", async () => {
  await using service = await started();
  process.env["HOOK_TOKEN"] = "Bearer s3cr3t";
  const action = actionOf(`url: "${service.url}/x"
method: PUT
headers: {X-Team: network}
authorization: env:HOOK_TOKEN
body:
  text: "{{ status }}: {{ alerts[0].labels.daddr }} {{ alerts[0].lead }}"
  all: ["{% for alert in alerts %}{{ alert.labels.dport }} {% endfor %}", 7, true]
`);
  assert.deepEqual(await attempt(alerts(action, alert), context(), never), { ok: true });
  const [request] = service.requests;
  assert.ok(request !== undefined);
  const { method, path, headers } = request;
  assert.deepEqual(
    [method, path, headers["x-team"], headers.authorization, headers["content-type"]],
    ["PUT", "/x", "network", "Bearer s3cr3t", "application/json"],
  );
  const { text, all } = request.body as { readonly text: string; readonly all: readonly unknown[] };
  assert.match(text, /^firing: 192\.0\.2\.7 tcp-retransmits: /);
  assert.deepEqual(all, ["443", 7, true]);
});

test("a body of one's own is valid JSON whatever an alert quotes", async () => {
  await using service = await started();
  const action = actionOf(
    `url: "${service.url}"\nbody: {note: "{{ alerts[0].labels.comm }}|{{ alerts[0].annotations.summary }}"}`,
  );
  for (const each of RANDOM_ALERTS)
    assert.deepEqual(await attempt(alerts(action, each), context(), never), { ok: true });
  assert.equal(service.requests.length, RANDOM_ALERTS.length);
  for (const { body } of service.requests) assert.deepEqual(Object.keys(body as object), ["note"]);
});

test("a template that cannot be rendered is refused by check, at its place", () => {
  const { diagnostics } = settingsOf('url: "https://h.example.org/x"\nbody: {note: "{{ status | nofilter }}"}');
  assert.deepEqual(
    diagnostics.map(({ code, message }) => `${code}: ${message}`),
    ["bad-receiver: expected a template, found an error: undefined filter: nofilter"],
  );
});

test("a webhook can be a CloudEvent", async () => {
  await using service = await started();
  const action = actionOf(`url: "${service.url}"\nformat: cloudevents`);
  assert.deepEqual(await attempt(alerts(action, alert), context(), never), { ok: true });
  const [request] = service.requests;
  assert.equal(request?.headers["content-type"], "application/cloudevents+json");
  assert.partialDeepStrictEqual(request.body, {
    ...{ specversion: "1.0", id: "delivery-1", source: "/bpfwarden/web1", type: "bpfwarden.firing" },
    ...{ subject: "tcp-retransmits", data: { version: "4", status: "firing" } },
  });
});

/** The example of the specification's reference libraries. */
const KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("signatures are those of Standard Webhooks", async () => {
  const body = '{"test": 2432232314}';
  const signed = signatureHeaders({ key: KEY, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body }, 1_614_265_330_000);
  assert.equal(signed["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  await using service = await started();
  process.env["HOOK_KEY"] = KEY;
  const action = actionOf(`url: "${service.url}"\nsign: env:HOOK_KEY`);
  assert.deepEqual(await attempt(alerts(action, alert), context(), never), { ok: true });
  const { headers = {} } = service.requests[0] ?? {};
  assert.equal(headers["webhook-id"], "delivery-1");
  assert.match(String(headers["webhook-signature"]), /^v1,[A-Za-z0-9+/]{43}=$/);
});
