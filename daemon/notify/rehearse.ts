import { randomUUID } from "node:crypto";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import type { Message } from "./stages/flush-context.ts";
import { DRILL_LABEL } from "./stages/group.ts";
import type { AlertDecisions } from "./stages/decision-log.ts";
import { Pipeline } from "./stages/pipeline.ts";
import type { PipelineOptions } from "./stages/pipeline-options.ts";
import type { Delivery } from "./queue/delivery.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import { restorePipeline, savePipeline } from "./stages/saved-pipeline.ts";
import type { PipelineState } from "./stages/pipeline-state.ts";
import type { AnyStage, StageName } from "./stages/stage.ts";
import type { PipelineMoment } from "./stages/subjects.ts";

/** Settings under which nothing inhibits, and no budget is used up. */
const UNHELD = { inhibit: [], budget: { rule: 1_000_000, action: 1_000_000 } } as const;

/** The stages that a forced drill leaves out. */
const LEFT_OUT: readonly StageName[] = ["silence", "mute"];

const withoutHolds = (stages: readonly AnyStage[]): readonly AnyStage[] =>
  stages.filter(({ name }) => !LEFT_OUT.includes(name));

/** The way of an alert if it fired now. */
export interface Rehearsal {
  readonly decisions: AlertDecisions | undefined;
  /** messages with the drill's alert only; those of its end for receivers that got its start */
  readonly messages: readonly { readonly status: "firing" | "resolved"; readonly message: Message }[];
}

export interface RehearsalOptions {
  readonly state: PipelineState;
  readonly options: Omit<PipelineOptions, "state">;
  readonly settings: Pick<Settings, "notify" | "labels">;
  readonly rule: string;
  readonly ruleActions: readonly string[];
  readonly event: AlertEvent;
  /** true if nothing holds the alert, whatever the settings say */
  readonly isForced: boolean;
  readonly now: PipelineMoment;
}

/**
 * Takes an alert through all stages on a copy of the pipeline's state, so that the real one does
 * not change. Alerts that fire inhibit it, silences hold it, and budgets count, as they would now.
 * It does not wait for its group.
 */
export function rehearse(rehearsal: RehearsalOptions): Rehearsal {
  const { state, options, settings, rule, ruleActions, event, isForced, now } = rehearsal;
  const at = { bootId: "", bootMs: now.ms, unixMs: now.unixMs };
  const copy = restorePipeline(savePipeline(state, at), at);
  if (copy === undefined) throw new Error("the copy is of another version");
  const refresh = (name: string, fired: AlertEvent): AlertEvent =>
    isDrill(fired) ? fired : options.refresh(name, fired);
  const notify = isForced ? { ...settings.notify, ...UNHELD } : settings.notify;
  const pipeline = new Pipeline(
    { ...options, ...(isForced && { changeStages: withoutHolds }), refresh, state: copy },
    { notify, labels: settings.labels },
    now,
  );
  const messages: { readonly status: "firing" | "resolved"; readonly message: Message }[] = [];
  let atMs = now.ms;
  const step = (status: "firing" | "resolved", change: AlertEvent): void => {
    pipeline.take({ rule, ruleActions, events: [change] }, { ...now, ms: atMs });
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
  const decisions = pipeline.decisions(rule, now).find(({ labels }) => labels[DRILL_LABEL] !== undefined);
  step("resolved", { ...event, status: "resolved", endsAtUnixMs: now.unixMs });
  return { decisions, messages };
}

export interface RehearsedDelivery {
  readonly status: "firing" | "resolved";
  readonly action: ActionSettings;
  readonly delivery: Omit<Delivery, "action">;
}

/** @param actions by name */
export function rehearsedDeliveries(
  { messages }: Rehearsal,
  actions: ReadonlyMap<string, ActionSettings>,
): readonly RehearsedDelivery[] {
  return messages.flatMap(({ status, message: { action: name, content } }) => {
    const action = actions.get(name);
    return action === undefined ? [] : [{ status, action, delivery: { id: randomUUID(), content } }];
  });
}

function isDrill(event: AlertEvent | undefined): boolean {
  return event?.labels[DRILL_LABEL] !== undefined;
}

function onlyDrill({ action, content }: Message): readonly Message[] {
  const alerts = content.alerts.filter(isDrill);
  if (alerts.length === 0) return [];
  return [{ action, content: { ...content, alerts, news: alerts.length, truncated: 0, suppressed: 0 } }];
}
