import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { attempt } from "../../../daemon/notify/attempt.ts";
import type { Outcome } from "../../../daemon/notify/queue/delivery.ts";
import { RECEIVERS, type ReceiverKind } from "../../../daemon/receivers/receivers.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, context, events, record, resolved } from "../notify/fixtures.ts";
import { type Service, type ServiceAnswer, type ServiceRequest, startService } from "./http-service.ts";
import { RANDOM_ALERTS } from "./random-alerts.ts";

interface IncidentService {
  /** the settings for a service at this URL */
  readonly settings: (url: string) => string;
  /** the answer to a request that it takes, as its documents show it */
  readonly accepted: ServiceAnswer;
  /** an answer by which it refuses a request, and the kind of trouble that this is */
  readonly refused: ServiceAnswer;
  readonly trouble: string;
  /** the key of an incident in a request, and whether the request ends it */
  readonly identity: (request: ServiceRequest) => readonly [key: unknown, isEnd: boolean];
}

const field = (body: unknown, name: string): unknown => (body as Readonly<Record<string, unknown>>)[name];

const SERVICES: { readonly [Kind in ReceiverKind]?: IncidentService } = {
  // https://developer.pagerduty.com/docs/events-api-v2/overview/
  pagerduty: {
    settings: (url) => `{routing_key: "env:TOKEN", url: "${url}/v2/enqueue"}`,
    accepted: { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"x"}' },
    refused: { status: 400, body: '{"status":"invalid event","message":"Event object is invalid","errors":["x"]}' },
    trouble: "message",
    identity: ({ body }) => [field(body, "dedup_key"), field(body, "event_action") === "resolve"],
  },
  // https://docs.opsgenie.com/docs/alert-api
  opsgenie: {
    settings: (url) => `{api_key: "env:TOKEN", url: "${url}/v2/alerts"}`,
    accepted: { status: 202, body: '{"result":"Request will be processed","took":0.3,"requestId":"43a29c5c"}' },
    refused: { status: 422, body: '{"message":"Request body is not processable","took":0.0,"requestId":"1"}' },
    trouble: "setup",
    identity: ({ path, body }) => {
      const closed = /^\/v2\/alerts\/([^/]+)\/close\?identifierType=alias$/.exec(path)?.[1];
      return [closed ?? field(body, "alias"), closed !== undefined];
    },
  },
  // https://api-docs.incident.io/tag/Alert-Events-V2
  incidentio: {
    settings: (url) => `{token: "env:TOKEN", url: "${url}/v2/alert_events/http/ID"}`,
    accepted: {
      status: 202,
      body: '{"deduplication_key":"x","message":"Event accepted for processing","status":"success"}',
    },
    refused: { status: 401, body: '{"type":"authentication_error","status":401}' },
    trouble: "setup",
    identity: ({ body }) => [field(body, "deduplication_key"), field(body, "status") === "resolved"],
  },
  // https://grafana.com/docs/oncall/latest/configure/integrations/references/webhook/
  grafana_oncall: {
    settings: (url) => `{url: "${url}/integrations/v1/formatted_webhook/KEY/"}`,
    accepted: { status: 200, body: "Ok." },
    refused: { status: 400, body: "bad request" },
    trouble: "message",
    identity: ({ body }) => [field(body, "alert_uid"), field(body, "state") === "ok"],
  },
  // https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide/
  victorops: {
    settings: (url) => `{url: "${url}/integrations/generic/20131114/alert/KEY/ROUTING"}`,
    accepted: { status: 200, body: '{"result":"success","entity_id":"x"}' },
    refused: { status: 200, body: '{"result":"failure","messages":"Could not process: no message type"}' },
    trouble: "message",
    identity: ({ body }) => [field(body, "entity_id"), field(body, "message_type") === "RECOVERY"],
  },
};

/** https://docs.ntfy.sh/publish/ and https://pushover.net/api: each message is by itself. */
const PUSH: { readonly [Kind in ReceiverKind]?: Omit<IncidentService, "identity"> } = {
  ntfy: {
    settings: (url) => `{topic: "env:TOPIC", token: "env:TOKEN", url: "${url}"}`,
    accepted: { status: 200, body: '{"id":"sPs71M8A2T","time":1643935928,"event":"message","topic":"t"}' },
    refused: { status: 403, body: '{"code":40301,"http":403,"error":"forbidden"}' },
    trouble: "setup",
  },
  pushover: {
    settings: (url) => `{token: "env:TOKEN", user_key: "env:TOPIC", emergency: true, url: "${url}/1/messages.json"}`,
    accepted: { status: 200, body: '{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}' },
    refused: {
      status: 400,
      body: '{"user":"invalid","errors":["user identifier is invalid"],"status":0,"request":"5"}',
    },
    trouble: "setup",
  },
};

process.env["TOKEN"] = "s3cr3t-token";
process.env["TOPIC"] = "s3cr3t-topic";

function actionOf(kind: ReceiverKind, settings: string): ActionSettings {
  const source = {
    path: "bpfwarden.yaml",
    text: `actions: {oncall: {${kind}: ${settings}}}\ndefaults: {action: oncall}\n`,
  };
  const { result, diagnostics } = readSettings(source, "/etc/bpfwarden", "web1");
  assert.deepEqual(diagnostics, []);
  const action = result?.actions.get("oncall");
  assert.ok(action !== undefined);
  return action;
}

const never = new AbortController().signal;

function send(kind: ReceiverKind, { settings }: Pick<IncidentService, "settings">, { url }: Service) {
  const action = actionOf(kind, settings(url));
  return (...sent: readonly AlertEvent[]): Promise<Outcome> => attempt(alerts(action, ...sent), context(), never);
}

/** Throws if a request is not as the service documents it (`NAME.schema.json`). */
function validatorOf(kind: ReceiverKind): (body: unknown) => void {
  const path = join(import.meta.dirname, "schemas", `${kind}.schema.json`);
  const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, "utf8")) as object);
  return (body) =>
    assert.ok(validate(body), `${JSON.stringify(validate.errors)} ${JSON.stringify(body).slice(0, 2000)}`);
}

const critical: AlertEvent = { ...alert, level: "critical", reason: "value > 500 for 30s" };
const drill: AlertEvent = { ...alert, labels: { ...alert.labels, drill: "true" }, summary: "a drill" };

/** Compares with a file that people read; UPDATE_GOLDEN=1 writes it. */
function assertGolden(kind: ReceiverKind, requests: readonly ServiceRequest[]): void {
  const path = join(import.meta.dirname, "golden", `${kind}.golden`);
  const shown = requests
    .map(({ method, path: target, body }) => `${method} ${target}\n${JSON.stringify(body, null, 2)}\n`)
    .join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, shown);
  assert.equal(shown, readFileSync(path, "utf8"));
}

for (const [kind, service] of Object.entries({ ...SERVICES, ...PUSH }) as [ReceiverKind, IncidentService][]) {
  suite(kind, () => {
    test("fires, worsens, ends; a drill and records", async () => {
      await using server = await startService(() => service.accepted);
      const deliver = send(kind, service, server);
      for (const each of [alert, critical, { ...resolved, level: "critical" } as const, drill])
        assert.deepEqual(await deliver(each), { ok: true });
      const action = actionOf(kind, service.settings(server.url));
      assert.deepEqual(await attempt(events(action, 2, record), context(), never), { ok: true });
      const validate = validatorOf(kind);
      for (const { body } of server.requests) validate(body);
      assertGolden(kind, server.requests);
    });

    test("takes 200 random alerts within its limits, with hostile texts inert", async () => {
      await using server = await startService(() => service.accepted);
      const deliver = send(kind, service, server);
      const { maxAlerts } = RECEIVERS[kind];
      for (let start = 0; start < RANDOM_ALERTS.length; start += maxAlerts)
        assert.deepEqual(await deliver(...RANDOM_ALERTS.slice(start, start + maxAlerts)), { ok: true });
      const validate = validatorOf(kind);
      for (const { body } of server.requests) {
        validate(body);
        assert.doesNotMatch(JSON.stringify(body), /[\u009b\u202e\u200b\u2066]|\\u001b|\\ud800|"injected"/);
        assert.doesNotMatch(JSON.stringify(body), /\\u\{[0-9a-f]*"|…[^"\\\]]/, "a text is cut within an escape");
      }
    });

    test("says what a refusal means, and shows no secret", async () => {
      await using server = await startService(() => service.refused);
      const outcome = await send(kind, service, server)(alert);
      assert.ok(!outcome.ok);
      assert.equal(outcome.trouble, service.trouble);
      assert.doesNotMatch(outcome.error, /s3cr3t|KEY/);
    });

    test("waits as long as it is asked to", async () => {
      await using server = await startService(() => ({ status: 429, headers: { "retry-after": "7" } }));
      const outcome = await send(kind, service, server)(alert);
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing", afterMs: 7000, isForAll: true });
    });
  });
}

for (const [kind, service] of Object.entries(SERVICES) as [ReceiverKind, IncidentService][]) {
  test(`${kind}: one incident from the start to the end, another for a drill`, async () => {
    await using server = await startService(() => service.accepted);
    const deliver = send(kind, service, server);
    await deliver(alert);
    await deliver(critical);
    await deliver({ ...resolved, level: "critical" });
    await deliver({ ...drill, status: "resolved" });
    const seen = server.requests.map(service.identity);
    const [[key]] = seen as [readonly [unknown, boolean]];
    assert.match(String(key), /[0-9a-f]{16}$/);
    assert.deepEqual(seen.slice(0, 3), [
      [key, false],
      [key, false],
      [key, true],
    ]);
    assert.notEqual(seen[3]?.[0], key);
  });

  test(`${kind}: an alert that ended before it was known is opened and closed`, async () => {
    await using server = await startService(() => service.accepted);
    await send(kind, service, server)({ ...resolved, wasUnknown: true });
    assert.deepEqual(
      server.requests.map((request) => service.identity(request)[1]),
      [false, true],
    );
  });
}
