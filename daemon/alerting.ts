import { randomUUID } from "node:crypto";
import { rehearse, type RehearsalOptions } from "./drill.ts";
import type { AlertEvent } from "./evaluate/alert.ts";
import type { AlertDecisions } from "./notify/decision-log.ts";
import type { Delivery } from "./notify/delivery.ts";
import type { FilterStage } from "./notify/decision.ts";
import type { Message } from "./notify/flush-group.ts";
import { muteStage, silenceStage } from "./notify/hold-stages.ts";
import type { Notifier } from "./notify/notifier.ts";
import { Pipeline, type PipelineOptions } from "./notify/pipeline.ts";
import { emptyPipelineState, type PipelineState } from "./notify/pipeline-state.ts";
import { RECEIVERS } from "./notify/receivers.ts";
import type { Silence } from "./notify/silences.ts";
import type { EventRecord } from "./sample/sample.ts";
import type { Clock } from "./service/clock.ts";
import type { MuteWindow } from "./settings/mute-window.ts";
import type { ActionSettings, Settings } from "./settings/settings.ts";

/** What must be known of the rules that run. */
export interface RuleLookup {
  readonly muteOf: (rule: string) => readonly MuteWindow[];
  /** an alert that fires, with the values that it has now */
  readonly refresh: (rule: string, event: AlertEvent) => AlertEvent;
}

export interface AlertingOptions {
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly rules: RuleLookup;
  readonly silences: () => readonly Silence[];
}

/** What one rule has to tell, and the actions that it names: none where routes decide. */
export interface Told<Item> {
  readonly rule: string;
  readonly named: readonly string[];
  readonly items: readonly Item[];
}

/** Nothing inhibits, and no budget ends. */
const UNHELD = { inhibit: [], budget: { rule: 1_000_000, action: 1_000_000 } } as const;

export interface RehearsedDelivery {
  readonly status: "firing" | "resolved";
  readonly action: ActionSettings;
  readonly delivery: Omit<Delivery, "action">;
}

/** From what rules have to tell to messages for actions: the notification pipeline with its settings and its clock. */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #filters: readonly FilterStage[];
  /** by name: what was once an action is told the end of what it heard */
  readonly #actions = new Map<string, ActionSettings>();
  #settings: Settings | undefined;
  #pipeline: Pipeline | undefined;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#filters = [silenceStage(options.silences), muteStage(options.rules.muteOf)];
  }

  /** @param saved what an earlier process had to remember; only looked at the first time */
  use(settings: Settings, saved?: PipelineState): void {
    this.#settings = settings;
    for (const [name, action] of settings.actions) this.#actions.set(name, action);
    const { notify, labels } = settings;
    if (this.#pipeline !== undefined) return this.#pipeline.use({ notify, labels }, this.#now);
    const options = { ...this.#pipelineOptions, state: saved ?? emptyPipelineState() };
    this.#pipeline = new Pipeline(options, { notify, labels }, this.#now);
  }

  get #pipelineOptions(): Omit<PipelineOptions, "state"> {
    return {
      filters: this.#filters,
      traits: (action) => {
        const known = this.#actions.get(action);
        return known && RECEIVERS[known.kind];
      },
      refresh: this.#options.rules.refresh,
    };
  }

  /** All that must be remembered; undefined before there were settings. */
  get state(): PipelineState | undefined {
    return this.#pipeline?.state;
  }

  /** Changes of alerts; what is due of them goes out with the next step. */
  alerts({ rule, named, items }: Told<AlertEvent>): void {
    this.#pipeline?.take({ rule, named, events: items }, this.#now);
  }

  /** Ends alerts that fire by what was remembered, where `why` gives a reason to. */
  endOrphans(why: (rule: string, event: AlertEvent) => string | undefined): void {
    const { unixMs } = this.#now;
    for (const { rule, event, named } of [...(this.#pipeline?.state.alerts.values() ?? [])]) {
      const reason = event.status === "firing" ? why(rule, event) : undefined;
      if (reason === undefined) continue;
      const ended = { ...event, status: "resolved", reason, endsAtUnixMs: unixMs } as const;
      this.alerts({ rule, named, items: [ended] });
    }
    this.step();
  }

  /** Records of a rule without a threshold go straight to their actions. */
  records({ rule, named, items }: Told<EventRecord>, labels: Readonly<Record<string, string>>): void {
    if (this.#pipeline === undefined || items.length === 0) return;
    const names = this.#pipeline.actionsForRecords(rule, labels, named);
    const actions = names.flatMap((name) => this.#actions.get(name) ?? []);
    this.#options.notifier.events(rule, items, labels, actions);
  }

  /** Sends what is due. */
  step(): void {
    for (const message of this.#pipeline?.step(this.#now) ?? []) this.#send(message);
  }

  /** What the stages decided of a rule's alerts. */
  decisions(rule: string): readonly AlertDecisions[] {
    return this.#pipeline?.decisions(rule) ?? [];
  }

  /** Where alerts of a rule go that names these actions: those, or the default ones where no other route takes them. */
  actionNames(named: readonly string[]): readonly string[] {
    return named.length > 0 ? named : (this.#settings?.defaults.actions ?? []);
  }

  /** What would become of an alert if it fired now, and the deliveries of that. */
  rehearse(
    alert: Pick<RehearsalOptions, "rule" | "named" | "event">,
    isForced: boolean,
  ): { readonly decisions: AlertDecisions | undefined; readonly deliveries: readonly RehearsedDelivery[] } {
    const [settings, pipeline] = [this.#settings, this.#pipeline];
    if (settings === undefined || pipeline === undefined) return { decisions: undefined, deliveries: [] };
    const { labels } = settings;
    const notify = isForced ? { ...settings.notify, ...UNHELD } : settings.notify;
    const options = { ...this.#pipelineOptions, filters: isForced ? [] : this.#filters };
    const rehearsal = rehearse({
      ...alert,
      state: pipeline.state,
      options,
      settings: { notify, labels },
      now: this.#now,
    });
    const deliveries = rehearsal.messages.flatMap(({ status, message: { action: name, content } }) => {
      const action = this.#actions.get(name);
      return action === undefined ? [] : [{ status, action, delivery: { id: randomUUID(), content } }];
    });
    return { decisions: rehearsal.decisions, deliveries };
  }

  get settings(): Settings | undefined {
    return this.#settings;
  }

  #send({ action, content }: Message): void {
    const settings = this.#actions.get(action);
    if (settings !== undefined) this.#options.notifier.alerts(settings, content);
  }

  get #now(): { readonly ms: number; readonly unixMs: number } {
    const { clock } = this.#options;
    return { ms: clock.bootMs(), unixMs: clock.unixMs() };
  }
}
