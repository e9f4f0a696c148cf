import type { AlertsReport } from "./alert-report.ts";
import type { DrillReport, DrillRequest } from "./drill-report.ts";
import type { SilenceReport, SilenceRequest } from "./silence-report.ts";
import type { RuleReport, StatusReport } from "./status-report.ts";

/** Who answers. */
export interface PingReport {
  readonly version: string;
  readonly pid: number;
}

/** What a daemon does for whoever may connect to its control socket. Its methods throw ApiError for what was asked in vain. */
export interface ControlApi {
  ping(): PingReport;
  status(): StatusReport;
  rule(name: string): RuleReport;
  /** @param filters matchers as texts, which alerts must match all; without any, all alerts */
  alerts(filters: readonly string[]): AlertsReport;
  /** those that are over too, for the days that they are kept */
  silences(): readonly SilenceReport[];
  addSilence(request: SilenceRequest): Promise<SilenceReport>;
  /** @param id the id, or enough of its beginning to tell it from the others */
  expireSilence(id: string): Promise<SilenceReport>;
  drill(request: DrillRequest): Promise<DrillReport>;
}
