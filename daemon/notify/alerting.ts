import { randomUUID } from "node:crypto";
import { isDaemonNotice } from "./notices/daemon-notice-names.ts";
import { namedOrDefault } from "./action-names.ts";
import { RecordNotifier, type RuleRecords } from "./record-notifier.ts";
import { Resends } from "./resends.ts";
import { type RehearsalOptions, rehearse, type RehearsedDelivery, rehearsedDeliveries } from "./rehearse.ts";
import type { AlertEvent } from "../evaluate/alerts/alert.ts";
import { inTurns } from "../service/in-turns.ts";
import { matchesAll } from "../matchers/matcher.ts";
import type { AlertDecisions } from "./stages/decision-log.ts";
import type { Message } from "./stages/flush-context.ts";
import { guardBy, type Guard, type StepFault } from "./stages/guard.ts";
import type { OpenReceivers } from "./open-receivers.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import { firingAlerts, wakeGroups, worstFiring, type WorstFiring, type FiringAlert } from "./stages/firing-alerts.ts";
import { mergeStates } from "./stages/merge-states.ts";
import type { Labels } from "./stages/alert-labels.ts";
import { Pipeline } from "./stages/pipeline.ts";
import type { PipelineOptions, PipelineWatch } from "./stages/pipeline-options.ts";
import type { PipelineChanges } from "./stages/pipeline-changes.ts";
import { emptyPipelineState, type PipelineState } from "./stages/pipeline-state.ts";
import { receiverOf } from "../receivers/receivers.ts";
import type { Silence } from "./stages/silences.ts";
import type { Clock } from "../service/clock.ts";
import type { MuteWindow } from "../settings/mute-window.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";

/** The questions of notifications about the rules that run. */
export interface RuleLookup {
  readonly muteOf: (rule: string) => readonly MuteWindow[];
  /** an alert that fires, with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
}

/** Is called with records and changes of alerts as they come. Must be quick and not throw. */
export interface AlertingFollower extends Pick<PipelineWatch, "changed"> {
  records(records: Pick<RuleRecords, "rule" | "items">): void;
}

export interface AlertingWatch extends PipelineWatch {
  /** @param id of the delivery */
  sent(id: string, message: Message): void;
}

export interface AlertingOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  /** the pipeline's state as an earlier process saved it */
  readonly saved: PipelineState | undefined;
  /** has the queues of the receivers */
  readonly dispatcher: Pick<Dispatcher, "submit" | "isIdle">;
  readonly receivers: Pick<OpenReceivers, "takeRecords" | "lossOf">;
  readonly rules: RuleLookup;
  readonly silences: () => readonly Silence[];
  /** is called with what happens to alerts, and with messages */
  readonly watch?: AlertingWatch;
  readonly follower?: AlertingFollower;
  /** called if a step failed for one alert or message; the others do not wait for it */
  readonly onFault: (fault: StepFault) => void;
}

/** Changes of alerts of one rule. */
export interface AlertChanges {
  readonly rule: string;
  /** the actions that the rule names: none if routes decide */
  readonly ruleActions: readonly string[];
  readonly items: readonly AlertEvent[];
  /** the action that must not carry them */
  readonly notThrough?: string;
  /** true if alerts that end by this matter only to receivers that were notified that they fire */
  readonly isForNotifiedOnly?: boolean;
}

/**
 * Turns the changes of alerts into messages for actions: the notification pipeline with its
 * settings and its clock.
 */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #guard: Guard;
  /** sends the records of rules without a threshold */
  readonly records: RecordNotifier;
  /** by name, also actions that were removed: they still get the ends of alerts */
  readonly #actions = new Map<string, ActionSettings>();
  readonly #resends: Resends;
  #settings: Settings;
  #pipeline: Pipeline;
  /**
   * true until it is known which of the restored alerts still fire: before that, an alert that is
   * over could be sent as news
   */
  #isWaiting = true;
  /** steps that have begun and not ended */
  #stepsUnderWay = 0;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#guard = guardBy(options.onFault);
    this.#settings = options.settings;
    this.#learnActions();
    this.#pipeline = this.#openPipeline(options.saved ?? emptyPipelineState());
    this.#resends = new Resends({
      alerts: () => this.state.alerts.values(),
      refresh: ({ rule, event }) => this.#pipeline.outlook.refresh(rule, event),
      isIdle: (action) => options.dispatcher.isIdle(action),
      send: (message) => this.#send(message),
    });
    this.records = new RecordNotifier({
      ...{ dispatcher: options.dispatcher, receivers: options.receivers, guard: this.#guard, actions: this.#actions },
      onRecords: (records) => options.follower?.records(records),
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
    const { watch, follower } = this.#options;
    const both: PipelineWatch = {
      changed: (alert, change) => {
        watch?.changed(alert, change);
        follower?.changed(alert, change);
      },
      held: (alert, decision) => watch?.held(alert, decision),
    };
    return new Pipeline({ ...this.#pipelineOptions, watch: both, state }, { notify, labels }, this.#now);
  }

  /** True while messages are being made: the pipeline must not be replaced before the step ends. */
  get isStepping(): boolean {
    return this.#stepsUnderWay > 0;
  }

  /**
   * Takes up the pipeline's state of an earlier process, if it can be read only after the start.
   * Must not be called during a step.
   */
  takeUp(earlier: PipelineState): void {
    const { state, gone } = mergeStates(earlier, this.#pipeline.state, this.#now.unixMs);
    this.#pipeline = this.#openPipeline(state);
    for (const id of gone) this.#pipeline.changes.touch(id);
  }

  get #pipelineOptions(): Omit<PipelineOptions, "state"> {
    return {
      silences: this.#options.silences,
      muteOf: this.#options.rules.muteOf,
      traits: (action) => {
        const known = this.#actions.get(action);
        return known && receiverOf(known);
      },
      refresh: this.#options.rules.refresh,
      onFault: this.#options.onFault,
      spareActions: () => this.#spareActions(),
    };
  }

  /** Returns the actions that reach somebody, or else the logs of this host. */
  #spareActions(): readonly string[] {
    const all = [...this.#settings.actions.values()];
    const reaching = all.filter((action) => receiverOf(action).logOf === undefined);
    return (reaching.length > 0 ? reaching : all).map(({ name }) => name);
  }

  /** The state that must survive a restart. */
  get state(): PipelineState {
    return this.#pipeline.state;
  }

  /** The changes of `state` that are still to be saved. */
  get changes(): PipelineChanges {
    return this.#pipeline.changes;
  }

  /** Takes changes of alerts. Messages that are due go out with the next step. */
  alerts({ items, ...changes }: AlertChanges): void {
    this.#pipeline.take({ ...changes, events: items }, this.#now);
  }

  /** Sends alerts of a rule to the actions that it names now, also those that fire already. */
  name(rule: string, ruleActions: readonly string[]): void {
    this.#pipeline.name({ rule, ruleActions }, (event) => !isDaemonNotice(event.rule), this.#now);
  }

  /**
   * Ends restored alerts that fire and for which `why` returns a reason. A receiver that was never
   * notified of such an alert does not get its end either. From then on messages go out.
   */
  endOrphans(why: (rule: string, event: AlertEvent) => string | undefined): void {
    const { unixMs } = this.#now;
    for (const { rule, event, ruleActions } of [...this.state.alerts.values()]) {
      const reason = event.status === "firing" ? why(rule, event) : undefined;
      if (reason === undefined) continue;
      const ended = { ...event, status: "resolved", reason, endsAtUnixMs: unixMs } as const;
      this.#pipeline.take({ rule, ruleActions, events: [ended], isForNotifiedOnly: true }, this.#now);
    }
    this.#isWaiting = false;
    this.step();
  }

  /** Says that records of a rule were lost on the way into a log, if no line says it yet. */
  lossOf(rule: string): string | undefined {
    return this.#options.receivers.lossOf(rule);
  }

  /** Sends what is due. Does nothing while a step is under way; the next step then sends it. */
  step(): void {
    if (this.#isWaiting || this.isStepping) return;
    for (const message of this.#pipeline.step(this.#now)) this.#send(message);
    this.#sendAgain();
  }

  /**
   * Does the same in slices: a hundred thousand alerts take a while, in which other work has its
   * turn. Another step may begin meanwhile. It leaves out the groups whose messages this one is
   * still making.
   *
   * @param isAhead true between two ticks: it sends alerts that were decided ahead of the next one
   */
  async stepInTurns(isAhead = false): Promise<void> {
    if (this.#isWaiting) return;
    this.#stepsUnderWay++;
    try {
      await inTurns(
        this.#pipeline.stepInPieces({ ...this.#now, isAhead }),
        (message) => message && this.#send(message),
        () => this.#now.ms,
      );
      this.#sendAgain();
    } finally {
      this.#stepsUnderWay--;
    }
  }

  #sendAgain(): void {
    this.records.step();
    this.#resends.step(this.#settings.actions.values(), this.#now);
  }

  /** Sends at once the alerts that these silences held and that nothing else holds. */
  wake(ended: readonly Silence[]): void {
    if (ended.length === 0) return;
    const isConcerned = (labels: Labels): boolean => ended.some(({ matchers }) => matchesAll(matchers, labels));
    wakeGroups(this.state, this.#pipeline.outlook, isConcerned, this.#now.ms);
    this.step();
  }

  /** The alerts that fire, of all rules and of the daemon itself. */
  firing(): readonly FiringAlert[] {
    return firingAlerts(this.state, this.#pipeline.outlook, this.#now);
  }

  /** The worst of them, and their number. */
  worstFiring(most: number): WorstFiring {
    return worstFiring(this.state, this.#pipeline.outlook, this.#now, most);
  }

  /** Returns the decisions of the stages on a rule's alerts. */
  decisions(rule: string): readonly AlertDecisions[] {
    return this.#pipeline.decisions(rule, this.#now);
  }

  /**
   * Returns the actions for alerts of a rule that names these actions: the named ones, or the
   * default ones if it names none.
   */
  actionNames(ruleActions: readonly string[]): readonly string[] {
    return namedOrDefault(ruleActions, this.#settings);
  }

  /** Returns the decisions on an alert as if it fired now, and its deliveries. */
  rehearse(
    alert: Pick<RehearsalOptions, "rule" | "ruleActions" | "event">,
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

  #send(message: Message): void {
    const { action, content } = message;
    const settings = this.#actions.get(action);
    if (settings === undefined) return;
    this.#resends.note({ action: settings, content }, this.#now.ms);
    const send = (): void => {
      const id = randomUUID();
      this.#options.watch?.sent(id, message);
      this.#options.dispatcher.submit({ id, action: settings, content });
    };
    this.#guard(content.rule, "message", send, () => undefined);
  }

  get #now(): { readonly ms: number; readonly unixMs: number } {
    const { clock } = this.#options;
    return { ms: clock.bootMs(), unixMs: clock.unixMs() };
  }
}
