import { randomUUID } from "node:crypto";
import { isDaemonNotice } from "./notices/daemon-notice-names.ts";
import { namedOrDefault } from "./action-names.ts";
import { RecordNotifier } from "./record-notifier.ts";
import { type RehearsalOptions, rehearse, type RehearsedDelivery, rehearsedDeliveries } from "./rehearse.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { inTurns } from "../service/in-turns.ts";
import { matchesAll } from "../matchers/matcher.ts";
import type { AlertDecisions } from "./stages/decision-log.ts";
import type { FilterStage } from "./stages/decision.ts";
import type { Message } from "./stages/flush-context.ts";
import { guardBy, type Guard, type StepFault } from "./stages/guard.ts";
import { muteStage, silenceStage } from "./stages/hold-stages.ts";
import type { OpenReceivers } from "./open-receivers.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import { firingAlerts, wakeGroups, type FiringAlert } from "./stages/firing-alerts.ts";
import { mergeStates } from "./stages/merge-states.ts";
import type { Labels } from "./stages/alert-labels.ts";
import { Pipeline } from "./stages/pipeline.ts";
import type { PipelineOptions } from "./stages/pipeline-options.ts";
import type { PipelineChanges } from "./stages/pipeline-changes.ts";
import { emptyPipelineState, type PipelineState } from "./stages/pipeline-state.ts";
import { RECEIVERS } from "./receivers/receivers.ts";
import type { Silence } from "./stages/silences.ts";
import type { Clock } from "../service/clock.ts";
import type { MuteWindow } from "../settings/mute-window.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";

/** What must be known of the rules that run. */
export interface RuleLookup {
  readonly muteOf: (rule: string) => readonly MuteWindow[];
  /** an alert that fires, with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
}

export interface AlertingOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  /** the pipeline's state as an earlier process saved it */
  readonly saved: PipelineState | undefined;
  /** has the queues of the receivers */
  readonly dispatcher: Pick<Dispatcher, "submit">;
  readonly receivers: Pick<OpenReceivers, "takeRecords" | "lossOf">;
  readonly rules: RuleLookup;
  readonly silences: () => readonly Silence[];
  /** a step that failed for one alert or message; the others do not wait for it */
  readonly onFault: (fault: StepFault) => void;
}

/** Changes of alerts of one rule. */
export interface AlertChanges {
  readonly rule: string;
  /** the actions that the rule names: none if routes decide */
  readonly named: readonly string[];
  readonly items: readonly AlertEvent[];
  /** the action that must not carry them */
  readonly notThrough?: string;
  /** true if alerts that end by this matter only to receivers that were notified that they fire */
  readonly isForNotifiedOnly?: boolean;
}

/**
 * From what rules have to tell to messages for actions: the notification pipeline with its settings
 * and its clock.
 */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #guard: Guard;
  readonly #filters: readonly FilterStage[];
  /** of rules without a threshold */
  readonly records: RecordNotifier;
  /** by name, also actions that were removed: they are notified of ends */
  readonly #actions = new Map<string, ActionSettings>();
  #settings: Settings;
  #pipeline: Pipeline;
  /**
   * until it is known which of the alerts that were remembered still fire: else what is over would
   * be told as news
   */
  #isWaiting = true;
  /** steps that have begun and not ended */
  #stepsUnderWay = 0;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#guard = guardBy(options.onFault);
    this.#filters = [silenceStage(options.silences), muteStage(options.rules.muteOf)];
    this.#settings = options.settings;
    this.#learnActions();
    this.#pipeline = this.#openPipeline(options.saved ?? emptyPipelineState());
    this.records = new RecordNotifier({
      ...{ dispatcher: options.dispatcher, receivers: options.receivers, guard: this.#guard, actions: this.#actions },
      nowMs: () => this.#now.ms,
      settings: () => this.#settings,
      pipeline: () => this.#pipeline,
    });
  }

  /** Replaces the settings. Alerts that are open are routed again. */
  use(settings: Settings): void {
    this.#settings = settings;
    this.#learnActions();
    this.#pipeline.use({ notify: settings.notify, labels: settings.labels }, this.#now);
  }

  #learnActions(): void {
    for (const [name, action] of this.#settings.actions) this.#actions.set(name, action);
  }

  #openPipeline(state: PipelineState): Pipeline {
    const { notify, labels } = this.#settings;
    return new Pipeline({ ...this.#pipelineOptions, state }, { notify, labels }, this.#now);
  }

  /** True if messages are being made: what a step has begun with must not be another one at its end. */
  get isStepping(): boolean {
    return this.#stepsUnderWay > 0;
  }

  /**
   * Takes up what an earlier process had to remember, where that comes only after the start. Not to
   * be called during a step.
   */
  takeUp(earlier: PipelineState): void {
    const { state, gone } = mergeStates(earlier, this.#pipeline.state, this.#now.unixMs);
    this.#pipeline = this.#openPipeline(state);
    for (const id of gone) this.#pipeline.changes.touch(id);
  }

  get #pipelineOptions(): Omit<PipelineOptions, "state"> {
    return {
      filters: this.#filters,
      traits: (action) => {
        const known = this.#actions.get(action);
        return known && RECEIVERS[known.kind];
      },
      refresh: this.#options.rules.refresh,
      onFault: this.#options.onFault,
      spareActions: () => this.#spareActions(),
    };
  }

  /** Those that reach somebody, or else the logs of this host. */
  #spareActions(): readonly string[] {
    const all = [...this.#settings.actions.values()];
    const reaching = all.filter(({ kind }) => !RECEIVERS[kind].isImmediate);
    return (reaching.length > 0 ? reaching : all).map(({ name }) => name);
  }

  /** The state that must survive a restart. */
  get state(): PipelineState {
    return this.#pipeline.state;
  }

  /** What of `state` is still to be saved. */
  get changes(): PipelineChanges {
    return this.#pipeline.changes;
  }

  /** Changes of alerts; what is due of them goes out with the next step. */
  alerts({ items, ...changes }: AlertChanges): void {
    this.#pipeline.take({ ...changes, events: items }, this.#now);
  }

  /** Has alerts of a rule go to the actions that it names now, also those that fire already. */
  name(rule: string, named: readonly string[]): void {
    this.#pipeline.name({ rule, named }, (event) => !isDaemonNotice(event.rule), this.#now);
  }

  /**
   * Ends alerts that fire by what was remembered, where `why` gives a reason to; who was never told
   * of one is not told of its end either. Messages go from then on.
   */
  endOrphans(why: (rule: string, event: AlertEvent) => string | undefined): void {
    const { unixMs } = this.#now;
    for (const { rule, event, named } of [...this.state.alerts.values()]) {
      const reason = event.status === "firing" ? why(rule, event) : undefined;
      if (reason === undefined) continue;
      const ended = { ...event, status: "resolved", reason, endsAtUnixMs: unixMs } as const;
      this.#pipeline.take({ rule, named, events: [ended], isForNotifiedOnly: true }, this.#now);
    }
    this.#isWaiting = false;
    this.step();
  }

  /** What a rule's records lost on the way into a log, and that no line says yet, in words. */
  lossOf(rule: string): string | undefined {
    return this.#options.receivers.lossOf(rule);
  }

  /** Sends what is due. Where that is under way, the next step does. */
  step(): void {
    if (this.#isWaiting || this.isStepping) return;
    for (const message of this.#pipeline.step(this.#now)) this.#send(message);
    this.records.step();
  }

  /**
   * The same, a slice at a time: of a hundred thousand alerts it takes a while, in which others
   * have their turn. Another step may begin meanwhile: it leaves out the groups that this one is
   * still telling of.
   */
  async stepInTurns(): Promise<void> {
    if (this.#isWaiting) return;
    this.#stepsUnderWay++;
    try {
      await inTurns(
        this.#pipeline.stepInPieces(this.#now),
        (message) => message && this.#send(message),
        () => this.#now.ms,
      );
      this.records.step();
    } finally {
      this.#stepsUnderWay--;
    }
  }

  /** Tells at once what these silences held and nothing else holds. */
  wake(ended: readonly Silence[]): void {
    if (ended.length === 0) return;
    const isConcerned = (labels: Labels): boolean => ended.some(({ matchers }) => matchesAll(matchers, labels));
    wakeGroups(this.state, this.#pipeline.outlook, isConcerned, this.#now.ms);
    this.step();
  }

  /** The alerts that fire, of all rules and of the daemon itself. */
  firing(): readonly FiringAlert[] {
    return firingAlerts(this.state, this.#pipeline.outlook, this.#now.unixMs);
  }

  /** What the stages decided of a rule's alerts. */
  decisions(rule: string): readonly AlertDecisions[] {
    return this.#pipeline.decisions(rule, this.#now.unixMs);
  }

  /**
   * Where alerts of a rule go that names these actions: those, or the default ones where no other
   * route takes them.
   */
  actionNames(named: readonly string[]): readonly string[] {
    return namedOrDefault(named, this.#settings);
  }

  /** What would become of an alert if it fired now, and the deliveries of that. */
  rehearse(
    alert: Pick<RehearsalOptions, "rule" | "named" | "event">,
    isForced: boolean,
  ): { readonly decisions: AlertDecisions | undefined; readonly deliveries: readonly RehearsedDelivery[] } {
    const rehearsal = rehearse({
      ...{ ...alert, isForced, now: this.#now },
      ...{ state: this.state, options: this.#pipelineOptions, settings: this.#settings },
    });
    return { decisions: rehearsal.decisions, deliveries: rehearsedDeliveries(rehearsal, this.#actions) };
  }

  get settings(): Settings {
    return this.#settings;
  }

  #send({ action, content }: Message): void {
    const settings = this.#actions.get(action);
    if (settings === undefined) return;
    const send = (): void => this.#options.dispatcher.submit({ id: randomUUID(), action: settings, content });
    this.#guard(content.rule, "message", send, () => undefined);
  }

  get #now(): { readonly ms: number; readonly unixMs: number } {
    const { clock } = this.#options;
    return { ms: clock.bootMs(), unixMs: clock.unixMs() };
  }
}
