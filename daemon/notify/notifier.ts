import type { EventRecord } from "../sample/sample.ts";
import type { ActionSettings } from "../settings/settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { AlertsContent, DeliveryContent } from "./delivery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { EventGatherer } from "./event-gatherer.ts";
import type { Gathered } from "./event-gatherer.ts";
import type { Waiting } from "./receiver-queue.ts";
import { RECEIVERS } from "./receivers.ts";

/** Where alerts and records enter on their way out. */
export interface Notifier {
  /** A message of the notification pipeline. */
  alerts(action: ActionSettings, content: AlertsContent): void;
  /** Records of one rule; `labels` are the rule's own. */
  events(rule: string, records: readonly EventRecord[], labels: Labels, actions: readonly ActionSettings[]): void;
  /** Sends what is still gathered, then closes the dispatcher. Resolves with what could not be brought. */
  close(deadlineMs: number): Promise<readonly Waiting[]>;
}

export interface NotifierOptions {
  readonly dispatcher: Dispatcher;
  /** ids of deliveries, never the same twice */
  readonly newId: () => string;
}

interface Gathering {
  readonly gatherer: EventGatherer;
  /** of the latest records, since a reload may have changed it */
  action: ActionSettings;
}

/** Makes deliveries of alerts and records, as many as each action's receiver wants. */
export function createNotifier({ dispatcher, newId }: NotifierOptions): Notifier {
  const gatherings = new Map<string, Gathering>();
  const submit = (action: ActionSettings, content: DeliveryContent): void => {
    dispatcher.submit({ id: newId(), action, content });
  };
  function gathererOf(rule: string, labels: Labels, action: ActionSettings): EventGatherer {
    const key = JSON.stringify([rule, labels, action.name, action.kind]);
    let gathering = gatherings.get(key);
    if (gathering === undefined) {
      const { gatherEventsMs, maxEvents } = RECEIVERS[action.kind];
      const send = (gathered: Gathered): void =>
        submit(gatherings.get(key)?.action ?? action, { kind: "events", rule, labels, ...gathered });
      gatherings.set(key, (gathering = { gatherer: new EventGatherer(gatherEventsMs, maxEvents, send), action }));
    }
    gathering.action = action;
    return gathering.gatherer;
  }
  return {
    alerts: submit,
    events(rule, records, labels, actions) {
      if (records.length === 0) return;
      for (const action of actions) gathererOf(rule, labels, action).add(records);
    },
    async close(deadlineMs) {
      for (const { gatherer } of gatherings.values()) gatherer.flush();
      return dispatcher.close(deadlineMs);
    },
  };
}
