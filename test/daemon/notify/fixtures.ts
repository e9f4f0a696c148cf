import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { EventLog } from "../../../daemon/audit/event-log.ts";
import { LineBuffer, type LineBufferOptions } from "../../../daemon/audit/line-buffer.ts";
import type { LineSink } from "../../../daemon/audit/line-sink.ts";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import type { Delivery } from "../../../daemon/notify/queue/delivery.ts";
import { resolveSecret } from "../../../daemon/settings/values/secret.ts";
import type { ReceiverContext } from "../../../daemon/notify/deliver/receiver-delivery.ts";
import type { EventRecord } from "../../../daemon/sample/sample.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";

export const alert: AlertEvent = {
  rule: "tcp-retransmits",
  labels: { team: "network", daddr: "192.0.2.7", dport: "443" },
  status: "firing",
  level: "warning",
  values: { value: 131, ratio: undefined },
  reason: "value > 100 for 30s",
  startsAtUnixMs: Date.UTC(2026, 10, 23, 20, 41, 3, 125),
  windowMs: 60_000,
  confidence: {
    lostEvents: 0,
    keysOverLimit: 0,
    faultedReads: 0,
    orphanedSpans: 0,
    skippedRuns: 0,
    lateTicks: 0,
    windowFilled: 1,
  },
  summary: "192.0.2.7:443: 131 segments retransmitted in 1m",
  description: "Segments to one peer are being retransmitted.",
  runbook: "https://wiki.example.org/retransmits",
};

export const resolved: AlertEvent = { ...alert, status: "resolved", endsAtUnixMs: alert.startsAtUnixMs + 60_000 };

export const record: EventRecord = {
  rule: "bash-audit",
  timeNs: 1_795_466_463_123_456_789n,
  fields: { command: 'echo "a\u001b[31m\u009b\u202e\n"', pid: 4711, loginuid: "18446744073709551615" },
  truncated: [],
};

export function alerts(action: ActionSettings, ...events: readonly AlertEvent[]): Delivery {
  const group = { key: '{}:{alertname="tcp-retransmits"}', labels: { alertname: alert.rule } };
  const occasion = {
    openedAtUnixMs: alert.startsAtUnixMs,
    reason: "first notification",
    truncated: 0,
    suppressed: 0,
  } as const;
  const content = {
    kind: "alerts",
    rule: alert.rule,
    alerts: events,
    news: events.length,
    group,
    ...occasion,
  } as const;
  return { id: "delivery-1", action, content };
}

export function events(action: ActionSettings, omitted: number, ...records: readonly EventRecord[]): Delivery {
  return {
    id: "delivery-2",
    action,
    content: { kind: "events", rule: record.rule, events: records, labels: {}, omitted },
  };
}

/** A log action whose file is never rotated. */
export function logTo(path: string, name = "audit"): Extract<ActionSettings, { readonly kind: "log" }> {
  return { name, kind: "log", path, maxBytes: Infinity, keep: 1 };
}

export function eventLog(path: string, maxBytes = Infinity, keep = 1): EventLog {
  return new EventLog({
    ...{ path, maxBytes, keep },
    onRotationError: (error) => {
      throw error;
    },
  });
}

/** Returns a buffer for a sink. A loss is the line `lost COUNT RULE`. */
export function bufferTo(sink: LineSink, changes: Partial<LineBufferOptions> = {}): LineBuffer {
  return new LineBuffer({
    sink,
    maxBytes: 1 << 20,
    retryMs: 10,
    nowUnixMs: () => alert.startsAtUnixMs,
    lossLine: ({ rule, count }) => `lost ${count} ${rule}`,
    onTrouble: () => undefined,
    onRecovery: () => undefined,
    ...changes,
  });
}

/** A sink that keeps what it is given. */
export function sinkInto(written: string[]): LineSink {
  return {
    write: async (lines) => void written.push(lines.toString()),
    release: () => Promise.resolve(),
  };
}

/** The real world but for the clock and standard output, which collects into `written`. */
export function context(changes: Partial<ReceiverContext> = {}, written: string[] = []): ReceiverContext {
  return {
    labels: { instance: "web1" },
    smtp: { host: "127.0.0.1", port: 25, tls: "opportunistic" },
    userAgent: "bpfwarden/test",
    openLog: ({ path }) => bufferTo(path === "-" ? sinkInto(written) : eventLog(path)),
    isTerminal: false,
    readSecret: (secret) => resolveSecret(secret),
    nowUnixMs: () => alert.startsAtUnixMs,
    ...changes,
  };
}

/** Throws where a value is not as `schemas/NAME.schema.json` says. */
export function validator(name: "webhook" | "event"): (value: unknown) => void {
  const path = new URL(`../../../schemas/${name}.schema.json`, import.meta.url);
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
  const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")) as object);
  return (value) => {
    if (!validate(value)) throw new Error(`${name}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  };
}
