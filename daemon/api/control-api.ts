import type { DrillReport, DrillRequest } from "./drill-report.ts";
import type { SilenceReport, SilenceRequest } from "./silence-report.ts";
import type { RuleReport, StatusReport } from "./status-report.ts";

/** What a daemon does for whoever may connect to its control socket. Its methods throw ApiError for what was asked in vain. */
export interface ControlApi {
  status(): StatusReport;
  rule(name: string): RuleReport;
  /** those that are over too, for the days that they are kept */
  silences(): readonly SilenceReport[];
  addSilence(request: SilenceRequest): SilenceReport;
  /** @param id the id, or enough of its beginning to tell it from the others */
  expireSilence(id: string): SilenceReport;
  drill(request: DrillRequest): Promise<DrillReport>;
}
