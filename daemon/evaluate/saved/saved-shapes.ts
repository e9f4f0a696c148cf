import type { EventRecord, EventValue } from "../../sample/sample.ts";
import type {
  AlertEvent,
  AlertValues,
  Confidence,
  DistributionValue,
  JudgedValue,
  PeakValue,
  TopKey,
} from "../alerts/alert.ts";
import type { Beyond } from "../formula/bound-text.ts";
import type { SavedMoment } from "./saved-moment.ts";
import * as shape from "./shape.ts";
import type { Shape } from "./shape.ts";

/**
 * The shapes that parts of saved documents must have, since other programs may have written them.
 */

const { bigint, either, flag, list, number, object, oneOf, optional, record, text, unixTime } = shape;

const nullable = <Type>(inner: Shape<Type>): Shape<Type | null> => either(inner, oneOf(null));

export const LABELS = record(text);
export const LEVEL = oneOf("info", "warning", "critical");

export const MOMENT: Shape<SavedMoment> = object<SavedMoment>({ bootId: text, bootMs: number, unixMs: unixTime });

const CONFIDENCE: Shape<Confidence> = object<Confidence>({
  ...{ lostEvents: number, keysOverLimit: number, faultedReads: number, orphanedSpans: number },
  ...{ skippedRuns: nullable(number), lateTicks: number, leftOutRecords: optional(number) },
  ...{ lostSpans: optional(number), unknownEvents: optional(number), windowFilled: number },
});

const BEYOND: Shape<Beyond> = oneOf("over", "under", "about");

const DISTRIBUTION: Shape<DistributionValue> = object<DistributionValue>({
  ...{ count: number, mean: nullable(number), p50: nullable(number), p90: nullable(number) },
  ...{ p95: nullable(number), p99: nullable(number), p999: nullable(number), beyond: optional(record(BEYOND)) },
  buckets: list(object({ from: nullable(number), to: nullable(number), count: number })),
});

const VALUES: Shape<AlertValues> = record(optional(either(number, DISTRIBUTION)));

const UNIT = oneOf(
  ...(["number", "ratio", "bytes", "nanoseconds"] as const),
  ...(["number_per_second", "bytes_per_second", "nanoseconds_per_second"] as const),
);

export const PEAK: Shape<PeakValue> = object<PeakValue>({
  value: number,
  beyond: optional(BEYOND),
  atUnixMs: unixTime,
});

const JUDGED: Shape<JudgedValue> = object<JudgedValue>({
  ...{ name: text, unit: UNIT, value: optional(number), atUnixMs: unixTime, worst: oneOf("highest", "lowest") },
  operator: optional(oneOf("==", "!=", "<", "<=", ">", ">=")),
  limit: optional(number),
  beyond: optional(BEYOND),
  peak: optional(PEAK),
});

const EVENT_VALUE: Shape<EventValue> = either(either(text, number), either(either(flag, oneOf(null)), list(text)));

const EVENT_RECORD: Shape<EventRecord> = object<EventRecord>({
  ...{ rule: text, timeNs: bigint, fields: record(EVENT_VALUE), truncated: list(text) },
  ...{ escaped: optional(list(text)), unreadable: optional(list(text)), durations: optional(list(text)) },
  redacted: optional(list(text)),
});

const TOP_KEY: Shape<TopKey> = object<TopKey>({ labels: LABELS, value: number, beyond: optional(BEYOND) });

export const ALERT_EVENT: Shape<AlertEvent> = object<AlertEvent>({
  ...{
    rule: text,
    labels: LABELS,
    settingsLabels: optional(LABELS),
    status: oneOf("firing", "resolved"),
    level: LEVEL,
  },
  ...{ values: VALUES, units: optional(record(UNIT)), judged: optional(JUDGED), key: optional(LABELS), reason: text },
  ...{ startsAtUnixMs: unixTime, endsAtUnixMs: optional(unixTime), pendingSinceUnixMs: optional(unixTime) },
  ...{ windowMs: number, confidence: CONFIDENCE },
  ...{ summary: text, description: optional(text), runbook: optional(text), wasUnknown: optional(flag) },
  ...{ lastValues: optional(list(optional(number))), lastValuesFromUnixMs: optional(unixTime) },
  ...{ topKeys: optional(list(TOP_KEY)), evidence: optional(list(EVENT_RECORD)) },
});
