import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { Message } from "./stages/flush-context.ts";
import { DRILL_LABEL } from "./stages/group.ts";
import type { AlertDecisions } from "./stages/decision-log.ts";
import { Pipeline } from "./stages/pipeline.ts";
import type { PipelineOptions, PipelineSettings } from "./stages/pipeline-options.ts";
import { restorePipeline, savePipeline } from "./stages/saved-pipeline.ts";
import type { PipelineState } from "./stages/pipeline-state.ts";
import type { PipelineMoment } from "./stages/flush-context.ts";

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
 * Takes an alert through all stages on a copy of what the pipeline remembers, so that nothing of
 * the real one changes: alerts that fire inhibit it, silences hold it, and budgets count, as they
 * would now. It does not wait for its group.
 */
export function rehearse({ state, options, settings, rule, named, event, now }: RehearsalOptions): Rehearsal {
  const at = { bootId: "", bootMs: now.ms, unixMs: now.unixMs };
  const copy = restorePipeline(savePipeline(state, at), at);
  if (copy === undefined) throw new Error("the copy is of another version");
  const refresh = (name: string, fired: AlertEvent): AlertEvent =>
    isDrill(fired) ? fired : options.refresh(name, fired);
  const pipeline = new Pipeline({ ...options, refresh, state: copy }, settings, now);
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
  const decisions = pipeline.decisions(rule, now.unixMs).find(({ labels }) => labels[DRILL_LABEL] !== undefined);
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
