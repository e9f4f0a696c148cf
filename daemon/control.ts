import { didYouMean } from "../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { positionAt } from "../bpf/source/position.ts";
import type { Alerting } from "./notify/alerting.ts";
import { alertsReport, type AlertsReport } from "./api/alert-report.ts";
import { ApiError } from "./api/api-error.ts";
import type { ControlApi } from "./api/control-api.ts";
import { type AnswerReport, answerOf, type DrillReport, type DrillRequest } from "./api/drill-report.ts";
import { findSilence, matchersOf, silenceOf } from "./api/find-silence.ts";
import { entriesQuestion, reportQuestion } from "./api/history-query.ts";
import type { Followers } from "./api/followers.ts";
import { LineStream } from "./api/line-stream.ts";
import { receiverReport } from "./api/receiver-report.ts";
import { silenceReport } from "./api/silence-report.ts";
import { decisionReport, ruleReport, ruleSummary } from "./api/rule-report.ts";
import type {
  HeartbeatReport,
  HttpReport,
  NoticeReport,
  ProblemReport,
  ReceiverReport,
  StatusReport,
} from "./api/status-report.ts";
import type { DaemonNotice } from "./notify/notices/daemon-notices.ts";
import type { HeartbeatStanding } from "./notify/heartbeats.ts";
import { DRILL_LABEL } from "./notify/stages/group.ts";
import { silenceState } from "./notify/stages/silences.ts";
import { timeText } from "./text/time-text.ts";
import type { HistoryRecorder } from "./notify/history-recorder.ts";
import type { OpenDelivery } from "./notify/open-delivery.ts";
import type { RunningRule } from "./run/running-rule.ts";
import type { Clock } from "./service/clock.ts";
import type { ActionSettings } from "./settings/settings.ts";
import type { SilenceBook } from "./state/silence-book.ts";
import type { StoreHistory } from "./store/history-lane.ts";
import { explain } from "./explain.ts";
import { VERSION } from "./version.ts";

/** Somebody waits for the answers to a drill. */
const DRILL_TIMEOUT_MS = 30_000;

export interface ControlOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly startedAtUnixMs: number;
  readonly rules: () => readonly RunningRule[];
  readonly alerting: Alerting;
  readonly delivery: Pick<OpenDelivery, "dispatcher" | "receivers">;
  readonly silences: SilenceBook;
  readonly history: StoreHistory;
  readonly recorder: HistoryRecorder;
  readonly followers: Followers;
  /** one was added or ended */
  readonly onSilencesChanged: () => void;
  readonly problems: () => readonly Diagnostic[];
  readonly heartbeat: () => HeartbeatStanding;
  readonly notices: () => readonly (DaemonNotice & { readonly startsAtUnixMs: number })[];
  /** undefined if the settings have no HTTP server */
  readonly http: () => HttpReport | undefined;
  readonly state: () => { readonly trouble: string | undefined; readonly asideCount: number };
}

/** Answers the commands' requests from the running daemon. */
export function createControl(options: ControlOptions): ControlApi {
  const { clock, silences } = options;
  return {
    ping: () => ({ version: VERSION, pid: process.pid }),
    status: () => status(options),
    rule: (name) => {
      const rule = namedRule(options, name);
      return ruleReport(rule.status, options.alerting.decisions(name), options.alerting.actionNames(rule.ruleActions));
    },
    alerts: (filters) => alerts(options, filters),
    silences: () => silences.list.map((silence) => silenceReport(silence, clock.unixMs())),
    addSilence: async (request) => {
      const nowUnixMs = clock.unixMs();
      const added = silences.add(silenceOf(request, nowUnixMs), nowUnixMs);
      options.onSilencesChanged();
      await silences.kept();
      return silenceReport(added, nowUnixMs);
    },
    expireSilence: async (id) => {
      const nowUnixMs = clock.unixMs();
      const expired = silences.expire(findSilence(silences.list, id), nowUnixMs);
      options.onSilencesChanged();
      await silences.kept();
      return silenceReport(expired, nowUnixMs);
    },
    drill: (request) => drill(options, request),
    explain: (name, filters) => explain(options, name, filters),
    follow: (names) => {
      for (const name of names) namedRule(options, name);
      options.followers.assertRoom();
      return new LineStream((response) => options.followers.add(response, names));
    },
    history: (query) => options.history.ask(entriesQuestion(query, clock.unixMs())),
    report: (query) => options.history.ask(reportQuestion(query, clock.unixMs(), judgingRules(options))),
  };
}

/** Returns the names of rules whose alerts can fire. */
function judgingRules({ rules }: ControlOptions): readonly string[] {
  return rules().flatMap(({ name, built: { rule } }) => (rule.threshold === undefined ? [] : [name]));
}

function status(options: ControlOptions): StatusReport {
  const rules = options.rules().map((rule) => ruleSummary(rule.status));
  return { ...standing(options), rules };
}

/** Returns the status without its rules: these can have many keys. */
export function standing(options: ControlOptions): Omit<StatusReport, "rules"> {
  const { folder, clock, startedAtUnixMs, silences } = options;
  const nowUnixMs = clock.unixMs();
  const { trouble, asideCount } = options.state();
  const http = options.http();
  const active = silences.list.filter((silence) => silenceState(silence, nowUnixMs) !== "expired");
  return {
    ...{ version: VERSION, pid: process.pid, folder, startedAt: timeText(startedAtUnixMs) },
    problems: options.problems().map(problemReport),
    receivers: receiverReports(options),
    silences: active.map((silence) => silenceReport(silence, nowUnixMs)),
    notices: options.notices().map(noticeReport),
    ...heartbeatReport(options),
    ...(http !== undefined && { http }),
    ...(trouble !== undefined && { stateTrouble: trouble }),
    ...(asideCount > 0 && { stateSetAside: asideCount }),
  };
}

/** Reports the actions of the settings, with what became of their messages. */
export function receiverReports(options: ControlOptions): readonly ReceiverReport[] {
  const { receivers, deadLetters } = options.delivery.dispatcher;
  return [...options.alerting.settings.actions.values()].map((action) => {
    const report = receiverReport(action, receivers.get(action.name), deadLetters, options.clock);
    return { ...report, ...recordsReport(options, action, report) };
  });
}

function heartbeatReport({ alerting, heartbeat }: ControlOptions): Pick<StatusReport, "heartbeat"> {
  const settings = alerting.settings.heartbeat;
  if (settings === undefined) return {};
  const { sentAtUnixMs, heldBack, error } = heartbeat();
  const report: HeartbeatReport = {
    ...{ action: settings.action, everyMs: settings.everyMs },
    ...(sentAtUnixMs !== undefined && { sentAt: timeText(sentAtUnixMs) }),
    ...(heldBack !== undefined && { heldBack }),
    ...(error !== undefined && { error }),
  };
  return { heartbeat: report };
}

/** Returns the outcome of records for an action: a log counts records beside messages. */
function recordsReport(
  { alerting, delivery }: ControlOptions,
  action: ActionSettings,
  { delivered }: ReceiverReport,
): Pick<ReceiverReport, "delivered" | "heldBack" | "lost" | "trouble"> {
  const heldBack = alerting.records.heldBack.get(action.name);
  const { written = 0, lost = 0, trouble } = delivery.receivers.logStanding(action) ?? {};
  return {
    delivered: delivered + written,
    ...(heldBack !== undefined && { heldBack }),
    ...(lost > 0 && { lost }),
    ...(trouble !== undefined && { trouble }),
  };
}

function noticeReport({
  alertname,
  labels,
  level,
  reason,
  startsAtUnixMs,
}: ReturnType<ControlOptions["notices"]>[number]): NoticeReport {
  return { alertname, labels, level, reason, startsAt: timeText(startsAtUnixMs) };
}

function alerts({ alerting, rules }: ControlOptions, filters: readonly string[]): AlertsReport {
  const faults: string[] = [];
  const matchers = matchersOf(filters, faults);
  if (faults.length > 0) throw new ApiError(400, "expected matchers, found other texts", faults);
  const views = rules().flatMap((rule) => rule.views());
  return alertsReport(alerting.firing(), views, alerting.settings.labels, matchers);
}

function problemReport({ span, code, severity, message, help }: Diagnostic): ProblemReport {
  const { line, column } = positionAt(span.source, span.start);
  return { path: span.source.path, line, column, code, severity, message, ...(help !== undefined && { help }) };
}

function namedRule({ rules, notices }: ControlOptions, name: string): RunningRule {
  const found = rules().find((rule) => rule.name === name);
  if (found !== undefined) return found;
  const names = rules().map((rule) => rule.name);
  const why = notices().find(({ labels }) => labels["rule"] === name)?.reason;
  const help =
    why ?? didYouMean(name, names) ?? (names.length === 0 ? "no rule runs" : `the rules are ${names.join(", ")}`);
  throw new ApiError(404, `no rule "${name}" runs`, [help]);
}

async function drill(options: ControlOptions, request: DrillRequest): Promise<DrillReport> {
  const rule = namedRule(options, request.rule);
  const event = rule.drillEvent(request.key ?? {}, request.level, DRILL_LABEL, options.clock.unixMs());
  if (typeof event === "string") throw new ApiError(400, event);
  const rehearsal = options.alerting.rehearse(
    { rule: rule.name, ruleActions: rule.ruleActions, event },
    request.force === true,
  );
  const answers: AnswerReport[] = [];
  // The end of a drill edits the message of its start.
  const known = new Map<string, string>();
  for (const { status: of, action, delivery } of rehearsal.deliveries) {
    const startedMs = options.clock.bootMs();
    const earlier = known.get(action.name);
    const outcome = await options.delivery.receivers.attempt(
      { ...delivery, action, ...(earlier !== undefined && { known: earlier }) },
      AbortSignal.timeout(DRILL_TIMEOUT_MS),
    );
    if (outcome.remember !== undefined) known.set(action.name, outcome.remember);
    answers.push(
      answerOf({ action: action.name, kind: action.kind, status: of }, outcome, options.clock.bootMs() - startedMs),
    );
  }
  options.recorder.drill(rule.name, event, answers);
  return {
    ...{ rule: rule.name, labels: event.labels, summary: event.summary, answers },
    decisions: (rehearsal.decisions?.decisions ?? []).map(decisionReport),
    ok: answers.length > 0 && answers.every(({ ok }) => ok),
  };
}
