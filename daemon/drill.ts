import type { AlertEvent } from "./evaluate/alert.ts";
import type { AnswerReport } from "./api/drill-report.ts";
import type { Message } from "./notify/flush-group.ts";
import type { AlertDecisions } from "./notify/decision-log.ts";
import { Pipeline, type PipelineOptions, type PipelineSettings } from "./notify/pipeline.ts";
import { restorePipeline, savePipeline } from "./notify/saved-pipeline.ts";
import type { PipelineState } from "./notify/pipeline-state.ts";
import type { PipelineMoment } from "./notify/flush-group.ts";

/** The label that marks an alert as a drill; receivers see it. */
export const DRILL_LABEL = "drill";

/** What would become of an alert if it fired now. */
export interface Rehearsal {
  readonly decisions: AlertDecisions | undefined;
  /** with the drill's alert only; those of its end where it was told of */
  readonly messages: readonly { readonly status: "firing" | "resolved"; readonly message: Message }[];
}

export interface RehearsalOptions {
  readonly state: PipelineState;
  readonly options: Omit<PipelineOptions, "state">;
  readonly settings: PipelineSettings;
  readonly rule: string;
  readonly named: readonly string[];
  readonly event: AlertEvent;
  readonly now: PipelineMoment;
}

/**
 * Takes an alert through all stages on a copy of what the pipeline remembers, so that nothing of the real one changes: alerts that fire
 * inhibit it, silences hold it, and budgets count, as they would now. It does not wait for its group.
 */
export function rehearse({ state, options, settings, rule, named, event, now }: RehearsalOptions): Rehearsal {
  const at = { bootId: "", bootMs: now.ms, unixMs: now.unixMs };
  const copy = restorePipeline(savePipeline(state, at), at);
  if (copy === undefined) throw new Error("the copy is of another version");
  const pipeline = new Pipeline({ ...options, state: copy }, settings, now);
  const messages: { readonly status: "firing" | "resolved"; readonly message: Message }[] = [];
  let atMs = now.ms;
  const step = (status: "firing" | "resolved", change: AlertEvent): void => {
    pipeline.take({ rule, named, events: [change] }, { ...now, ms: atMs });
    // first what goes now, then what the drill's groups wait for
    const waiting = [...copy.groups.values()].filter(
      ({ members, dueMs }) => dueMs > atMs && [...members].some((id) => isDrill(copy.alerts.get(id)?.event)),
    );
    for (const dueMs of [atMs, ...waiting.map((group) => group.dueMs)]) {
      atMs = Math.max(atMs, dueMs);
      const due = pipeline.step({ ...now, ms: atMs });
      messages.push(...due.flatMap(onlyDrill).map((message) => ({ status, message })));
    }
  };
  step("firing", event);
  const decisions = pipeline.decisions(rule).find(({ labels }) => labels[DRILL_LABEL] !== undefined);
  step("resolved", { ...event, status: "resolved", endsAtUnixMs: now.unixMs });
  return { decisions, messages };
}

function isDrill(event: AlertEvent | undefined): boolean {
  return event?.labels[DRILL_LABEL] !== undefined;
}

function onlyDrill({ action, content }: Message): readonly Message[] {
  const alerts = content.alerts.filter(isDrill);
  if (alerts.length === 0) return [];
  return [{ action, content: { ...content, alerts, news: alerts.length, truncated: 0, suppressed: 0 } }];
}

/** The outcome of one delivery, in words. */
export function answerOf(
  { action, kind, status }: Pick<AnswerReport, "action" | "kind" | "status">,
  outcome: { readonly ok: boolean; readonly error?: string; readonly warning?: string },
  elapsedMs: number,
): AnswerReport {
  const answer = outcome.error ?? outcome.warning ?? "accepted";
  return { action, kind, status, ok: outcome.ok, answer, elapsedMs: Math.round(elapsedMs) };
}
