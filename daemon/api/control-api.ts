import type { AlertsReport } from "./alert-report.ts";
import type { DrillReport, DrillRequest } from "./drill-report.ts";
import type { LineStream } from "./line-stream.ts";
import type { ExplainReport } from "./explain/explain-report.ts";
import type { SilenceReport, SilenceRequest } from "./silence-report.ts";
import type { RuleReport, StatusReport } from "./status-report.ts";

/** The daemon that answers. */
export interface PingReport {
  readonly version: string;
  readonly pid: number;
}

/**
 * The requests of the control socket. Methods throw ApiError if the request cannot be fulfilled.
 */
export interface ControlApi {
  ping(): PingReport;
  status(): StatusReport;
  rule(name: string): RuleReport;
  /** @param filters matchers as texts; alerts must match all of them */
  alerts(filters: readonly string[]): AlertsReport;
  /** also expired silences, which are kept for some days */
  silences(): readonly SilenceReport[];
  addSilence(request: SilenceRequest): Promise<SilenceReport>;
  /** @param id the id, or a beginning of it that is unique */
  expireSilence(id: string): Promise<SilenceReport>;
  drill(request: DrillRequest): Promise<DrillReport>;
  /** @param filters matchers as texts */
  explain(name: string, filters: readonly string[]): Promise<ExplainReport>;
  /** @param rules the rules to follow; all if there are none */
  follow(rules: readonly string[]): LineStream;
  /** returns `HistoryReport` as JSON */
  history(query: URLSearchParams): Promise<string>;
  /** returns `WeeklyReport` as JSON */
  report(query: URLSearchParams): Promise<string>;
}
