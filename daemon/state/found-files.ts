import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Alerting } from "../notify/alerting.ts";
import type { OpenReceivers } from "../notify/open-receivers.ts";
import type { DaemonNotices } from "../notify/notices/daemon-notices.ts";
import { noticeFiles, noticeSettings } from "../notify/notices/file-notices.ts";
import type { Configuration } from "../rules/find-configuration.ts";
import { IgnoredReport } from "../rules/report-ignored.ts";
import { goneRules, orphanReason } from "../run/orphans.ts";
import { RuleNotes } from "../run/rule-notes.ts";
import type { RuleSet } from "../run/rule-set.ts";
import type { Logger } from "../service/logger.ts";
import { reportDiagnostics, ReportedDiagnostics } from "../service/report-diagnostics.ts";
import type { StateKeeper } from "./state-keeper.ts";

export interface FoundFilesOptions {
  readonly folder: string;
  readonly logger: Logger;
  readonly alerting: Alerting;
  readonly notices: DaemonNotices;
  readonly keeper: StateKeeper;
  readonly rules: RuleSet;
  /** notes in sealed logs which rules run */
  readonly receivers: Pick<OpenReceivers, "noteInLogs">;
  /** read at the start; its rules do not run yet */
  readonly found: Configuration;
}

/** Reports what was found in files, and ends the alerts of rules that are gone. */
export class FoundFiles {
  readonly #options: FoundFilesOptions;
  readonly #reported = new ReportedDiagnostics();
  readonly #ignored = new IgnoredReport();
  readonly #ruleNotes: RuleNotes;
  /** what was found last */
  #found: Configuration;
  #diagnostics: readonly Diagnostic[] = [];
  #faultyCount = 0;
  /** false until the rules that were found at the start run, or cannot */
  #hasRun = false;

  constructor(options: FoundFilesOptions) {
    this.#options = options;
    this.#ruleNotes = new RuleNotes((event, fields) => options.receivers.noteInLogs(event, fields));
    this.#found = options.found;
  }

  /** The diagnostics of the files, and of the rules that could not be loaded. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** The number of files with an error. */
  get faultyCount(): number {
    return this.#faultyCount;
  }

  /**
   * Notices errors in the settings, or that they are whole again. To be called before they are
   * used: this still goes to the receivers that were notified of the error.
   */
  noticeSettings({ diagnostics }: Configuration): void {
    noticeSettings(this.#options.notices, { diagnostics, settingsPath: this.#settingsPath });
  }

  /**
   * To be called when the rules that were found run.
   *
   * @param refused diagnostics of rules that could not be loaded
   */
  run(found: Configuration, refused: readonly Diagnostic[]): void {
    this.#found = found;
    this.#diagnostics = [...found.diagnostics, ...refused];
    const errors = this.#diagnostics.filter(({ severity }) => severity === "error");
    this.#faultyCount = new Set(errors.map(({ span }) => span.source.path)).size;
    this.#hasRun = true;
    this.#endWhatIsGone();
    if (found.settings !== undefined) this.#ruleNotes.note(this.#options.rules.rules, found.settings);
  }

  /** Writes what is new into the log. */
  report(): void {
    const { logger } = this.#options;
    reportDiagnostics(logger, this.#reported.unreported(this.#diagnostics));
    this.#ignored.report(logger, this.#found.ignored);
  }

  /** To be called if the state of an earlier process could only be read after the start. */
  takeUp(): void {
    if (this.#hasRun) this.#endWhatIsGone();
  }

  /**
   * Notices what files lack, and ends alerts whose rule is gone or judges otherwise now, such as
   * those that an earlier process left open.
   */
  #endWhatIsGone(): void {
    const { alerting, keeper, notices, rules: running } = this.#options;
    const { rules: found, isBroken } = this.#found;
    const remembered = keeper.rememberRunning(running.rules, isBroken);
    noticeFiles(notices, {
      ...{ diagnostics: this.#diagnostics, remembered, found, settingsPath: this.#settingsPath },
      running: new Map(running.rules.map(({ name, identity }) => [name, identity.path])),
    });
    const isGone = goneRules({ running, found, remembered });
    alerting.endOrphans(orphanReason(running, isGone));
    keeper.forgetGone(isGone);
  }

  get #settingsPath(): string {
    return join(this.#options.folder, "bpfwarden.yaml");
  }
}
