import { randomUUID } from "node:crypto";
import type { EventRecord } from "../sample/sample.ts";
import type { ActionSettings, Settings } from "../settings/settings.ts";
import { namedOrDefault } from "./action-names.ts";
import type { Labels } from "./stages/alert-labels.ts";
import { RecordDigests } from "./message/record-digests.ts";
import type { EventsContent } from "./queue/delivery.ts";
import type { OpenReceivers } from "./open-receivers.ts";
import type { Dispatcher } from "./queue/dispatcher.ts";
import { receiverOf } from "../receivers/receivers.ts";
import { takeBudget } from "./stages/budget.ts";
import { type Guard, noResult } from "./stages/guard.ts";
import type { Pipeline } from "./stages/pipeline.ts";

export interface RecordNotifierOptions {
  readonly dispatcher: Pick<Dispatcher, "submit">;
  readonly receivers: Pick<OpenReceivers, "takeRecords">;
  readonly guard: Guard;
  readonly onRecords: (records: RuleRecords) => void;
  readonly nowMs: () => number;
  /** by name; also those that the settings no longer have */
  readonly actions: ReadonlyMap<string, ActionSettings>;
  readonly settings: () => Settings;
  /** routes records, and has the budget that they share with alerts */
  readonly pipeline: () => Pipeline;
}

/** Records of one rule. */
export interface RuleRecords {
  readonly rule: string;
  /** the actions that the rule names: none if routes decide */
  readonly ruleActions: readonly string[];
  readonly items: readonly EventRecord[];
}

/** Sends the records of rules without a threshold straight to their actions. */
export class RecordNotifier {
  readonly #options: RecordNotifierOptions;
  readonly #digests: RecordDigests;

  constructor(options: RecordNotifierOptions) {
    this.#options = options;
    this.#digests = new RecordDigests({
      traits: (action) => {
        const known = options.actions.get(action);
        return known && receiverOf(known);
      },
      pay: (rule, action) => this.#pay(rule, action),
      send: (action, content) => this.#send(action, content),
    });
  }

  /** Gives records to receivers that take them as they come, and gathers them for the others. */
  take(records: RuleRecords, labels: Labels): void {
    const { rule, ruleActions, items } = records;
    if (items.length === 0) return;
    this.#options.onRecords(records);
    const { actions, guard, nowMs, receivers, pipeline, settings } = this.#options;
    const names = guard(
      rule,
      "route",
      () => pipeline().actionsForRecords(rule, labels, ruleActions),
      () => namedOrDefault(ruleActions, settings()),
    );
    for (const action of names.flatMap((name) => actions.get(name) ?? [])) {
      const content = { kind: "events", rule, labels, events: items, omitted: 0 } as const;
      const take = (): boolean => receivers.takeRecords(action, content);
      if (guard(rule, "records", take, () => false)) continue;
      guard(rule, "records", () => this.#digests.add(rule, labels, action.name, items, nowMs()), noResult);
    }
  }

  /** Sends what is due. */
  step(): void {
    this.#digests.step(this.#options.nowMs());
  }

  /** Sends what is still gathered, past the budget: nobody will be there to send it later. */
  flush(): void {
    this.#digests.flush(this.#options.nowMs());
  }

  /** Records that the budget holds back, by action. */
  get heldBack(): ReadonlyMap<string, number> {
    return this.#digests.heldBack;
  }

  #pay(rule: string, action: string): boolean {
    const { guard, nowMs, pipeline, settings } = this.#options;
    const { state, changes } = pipeline();
    changes.touch();
    const take = (): boolean => takeBudget(state.budget, settings().notify.budget, rule, action, nowMs());
    return guard(rule, "budget", take, () => true);
  }

  #send(action: string, content: EventsContent): void {
    const { actions, guard, dispatcher } = this.#options;
    const settings = actions.get(action);
    if (settings === undefined) return;
    const send = (): void => dispatcher.submit({ id: randomUUID(), action: settings, content });
    guard(content.rule, "message", send, noResult);
  }
}
