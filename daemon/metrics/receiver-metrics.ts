import type { ReceiverReport } from "../api/status-report.ts";
import type { NumberPoint } from "./metric-family.ts";
import { type MetricRecord, point } from "./metric-record.ts";
import type { MetricsSource } from "./metrics-source.ts";

const LABELS = ["action", "receiver"] as const;

/** Returns a time series of each action of the settings. */
const perAction =
  (valueOf: (report: ReceiverReport) => number) =>
  ({ receivers }: MetricsSource): readonly NumberPoint[] =>
    receivers().map((report) => point({ action: report.name, receiver: report.kind }, valueOf(report)));

/** Metrics about deliveries. A log counts records and changes of alerts as messages. */
export const RECEIVER_METRICS: readonly MetricRecord[] = [
  {
    ...{ name: "bpfwarden_messages_delivered", type: "counter", labels: LABELS },
    help: "Messages that a receiver took.",
    read: perAction(({ delivered }) => delivered),
  },
  {
    ...{ name: "bpfwarden_messages_retried", type: "counter", labels: LABELS },
    help: "Tries after the first one.",
    read: perAction(({ retried }) => retried),
  },
  {
    ...{ name: "bpfwarden_messages_failed", type: "counter", labels: LABELS },
    help: "Messages that were given up.",
    read: perAction(({ failed }) => failed),
  },
  {
    ...{ name: "bpfwarden_messages_dropped", type: "counter", labels: LABELS },
    help: "Messages that had no room among those that wait.",
    read: perAction(({ dropped }) => dropped),
  },
  {
    ...{ name: "bpfwarden_messages_waiting", type: "gauge", labels: LABELS },
    help: "Messages that wait for a receiver.",
    read: perAction(({ waiting }) => waiting),
  },
  {
    ...{ name: "bpfwarden_log_records_lost", type: "counter", labels: LABELS },
    help: "Records that could not be written to a log.",
    read: perAction(({ lost = 0 }) => lost),
  },
];
