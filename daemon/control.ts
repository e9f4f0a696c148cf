import { didYouMean } from "../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../bpf/source/diagnostic.ts";
import { positionAt } from "../bpf/source/position.ts";
import type { Alerting } from "./alerting.ts";
import { ApiError } from "./api/api-error.ts";
import type { ControlApi } from "./api/control-api.ts";
import type { AnswerReport, DrillReport, DrillRequest } from "./api/drill-report.ts";
import { findSilence, silenceOf } from "./api/find-silence.ts";
import { silenceReport } from "./api/silence-report.ts";
import { decisionReport, ruleReport, ruleSummary } from "./api/rule-report.ts";
import type { ProblemReport, StatusReport } from "./api/status-report.ts";
import { answerOf, DRILL_LABEL } from "./drill.ts";
import { silenceState } from "./notify/silences.ts";
import { timeText } from "./notify/time-text.ts";
import type { SettingsNotifier } from "./open-notifier.ts";
import type { RunningRule } from "./running-rule.ts";
import type { Clock } from "./service/clock.ts";
import type { SilenceBook } from "./silence-book.ts";
import { VERSION } from "./version.ts";

export interface ControlOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly startedAtUnixMs: number;
  readonly rules: () => readonly RunningRule[];
  readonly alerting: Alerting;
  readonly notifier: SettingsNotifier;
  readonly silences: SilenceBook;
  readonly problems: () => readonly Diagnostic[];
  readonly stateTrouble: () => string | undefined;
}

/** What the running daemon does for its commands. */
export function createControl(options: ControlOptions): ControlApi {
  const { clock, silences } = options;
  return {
    status: () => status(options),
    rule: (name) => {
      const rule = namedRule(options, name);
      return ruleReport(rule.standing, options.alerting.decisions(name), options.alerting.actionNames(rule.named));
    },
    silences: () => silences.list.map((silence) => silenceReport(silence, clock.unixMs())),
    addSilence: (request) => {
      const nowUnixMs = clock.unixMs();
      return silenceReport(silences.add(silenceOf(request, nowUnixMs), nowUnixMs), nowUnixMs);
    },
    expireSilence: (id) => {
      const nowUnixMs = clock.unixMs();
      return silenceReport(silences.expire(findSilence(silences.list, id), nowUnixMs), nowUnixMs);
    },
    drill: (request) => drill(options, request),
  };
}

function status(options: ControlOptions): StatusReport {
  const { folder, clock, startedAtUnixMs, silences, notifier, stateTrouble } = options;
  const nowUnixMs = clock.unixMs();
  const trouble = stateTrouble();
  const none = { waiting: 0, delivered: 0, retried: 0, failed: 0, dropped: 0 };
  const counters = notifier.counters();
  const active = silences.list.filter((silence) => silenceState(silence, nowUnixMs) !== "expired");
  return {
    ...{ version: VERSION, pid: process.pid, folder, startedAt: timeText(startedAtUnixMs) },
    rules: options.rules().map(({ standing }) => ruleSummary(standing)),
    problems: options.problems().map(problemReport),
    receivers: [...(options.alerting.settings?.actions.values() ?? [])].map(({ name, kind }) => {
      return { name, kind, ...none, ...counters.get(name) };
    }),
    silences: active.map((silence) => silenceReport(silence, nowUnixMs)),
    ...(trouble !== undefined && { stateTrouble: trouble }),
  };
}

function problemReport({ span, code, severity, message, help }: Diagnostic): ProblemReport {
  const { line, column } = positionAt(span.source, span.start);
  return { path: span.source.path, line, column, code, severity, message, ...(help !== undefined && { help }) };
}

function namedRule({ rules }: ControlOptions, name: string): RunningRule {
  const found = rules().find((rule) => rule.name === name);
  if (found !== undefined) return found;
  const names = rules().map((rule) => rule.name);
  const help = didYouMean(name, names) ?? (names.length === 0 ? "no rule runs" : `the rules are ${names.join(", ")}`);
  throw new ApiError(404, `no rule "${name}" runs`, [help]);
}

async function drill(options: ControlOptions, request: DrillRequest): Promise<DrillReport> {
  const rule = namedRule(options, request.rule);
  const event = rule.drillEvent(request.key ?? {}, request.level, DRILL_LABEL, options.clock.unixMs());
  if (typeof event === "string") throw new ApiError(400, event);
  const rehearsal = options.alerting.rehearse({ rule: rule.name, named: rule.named, event }, request.force === true);
  const answers: AnswerReport[] = [];
  for (const { status: of, action, delivery } of rehearsal.deliveries) {
    const startedMs = options.clock.bootMs();
    const outcome = await options.notifier.attempt({ ...delivery, action });
    answers.push(
      answerOf({ action: action.name, kind: action.kind, status: of }, outcome, options.clock.bootMs() - startedMs),
    );
  }
  return {
    ...{ rule: rule.name, labels: event.labels, summary: event.summary, answers },
    decisions: (rehearsal.decisions?.decisions ?? []).map(decisionReport),
    ok: answers.length > 0 && answers.every(({ ok }) => ok),
  };
}
