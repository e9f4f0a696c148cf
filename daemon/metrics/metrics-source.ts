import type { ReceiverReport } from "../api/status-report.ts";
import type { TickCounts } from "../service/tick-meter.ts";
import type { MeasuredRule } from "./measured-rule.ts";

/** The source of all metrics. */
export interface MetricsSource {
  readonly rules: () => readonly MeasuredRule[];
  readonly receivers: () => readonly ReceiverReport[];
  /** names of the firing alerts of the daemon about itself */
  readonly notices: () => readonly string[];
  /** the errors and warnings in files now */
  readonly problems: () => readonly { readonly severity: "error" | "warning" }[];
  readonly ticks: () => TickCounts;
  /** why state does not survive a restart */
  readonly stateTrouble: () => string | undefined;
  readonly startedAtUnixMs: number;
  readonly version: string;
}
