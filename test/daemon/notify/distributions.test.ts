import assert from "node:assert/strict";
import { test } from "node:test";
import { alertLine } from "../../../daemon/receivers/log/log-line.ts";
import { mailOf } from "../../../daemon/receivers/email/mail-text.ts";
import { webhookBody } from "../../../daemon/receivers/webhook/webhook-body.ts";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, validator } from "./fixtures.ts";

const value = {
  count: 3,
  mean: 1983.5,
  p50: 1983.5,
  p90: 1983.5,
  p95: 1983.5,
  p99: 1983.5,
  p999: null,
  beyond: { mean: "under" as const },
  buckets: [
    { from: null, to: 0, count: 1 },
    { from: 1920, to: 2048, count: 2 },
  ],
};
const event: AlertEvent = { ...alert, values: { value } };
const action: ActionSettings = { kind: "log", name: "log", path: "-", maxBytes: Infinity, keep: 1 };

test("a histogram goes into webhooks and logs with its buckets, valid by their schemas", () => {
  const body = JSON.parse(JSON.stringify(webhookBody(alerts(action, event), {}))) as {
    readonly alerts: readonly { readonly values: unknown }[];
  };
  validator("webhook")(body);
  assert.deepEqual(body.alerts[0]?.values, { value });
  const line: unknown = JSON.parse(alertLine(event, {}, 0));
  validator("event")(line);
});

test("a mail says a histogram's numbers", () => {
  const { text } = mailOf(alerts(action, event), "b@example.org", {});
  assert.match(text, /value: +count 3, mean under 1984, p50 1984, .*p999 no data\n/);
});
