import type { ActionSettings } from "../../settings/settings.ts";
import type { AlertsContent, DeliveryContent, EventsContent } from "./delivery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Letter } from "./letter.ts";

/** Where alerts and records enter on their way out. */
export interface Notifier {
  /** A message of the notification pipeline. */
  alerts(action: ActionSettings, content: AlertsContent): void;
  /** A message of records of one rule. */
  events(action: ActionSettings, content: EventsContent): void;
  /**
   * Gives records to an action whose receiver takes them as they come. Gives whether it does; the
   * others get messages.
   */
  takeRecords(action: ActionSettings, content: EventsContent): boolean;
  /** What a rule lost on the way into a log and that no line says yet, in words. */
  lossOf(rule: string): string | undefined;
  /** Closes the dispatcher. Resolves with what could not be brought. */
  close(deadlineMs: number): Promise<readonly Letter[]>;
}

export interface NotifierOptions {
  readonly dispatcher: Pick<Dispatcher, "submit" | "close">;
  /** ids of deliveries, never the same twice */
  readonly newId: () => string;
  readonly takeRecords: Notifier["takeRecords"];
  readonly lossOf: Notifier["lossOf"];
}

/** Makes deliveries of alerts and records. */
export function createNotifier({ dispatcher, newId, takeRecords, lossOf }: NotifierOptions): Notifier {
  const submit = (action: ActionSettings, content: DeliveryContent): void => {
    dispatcher.submit({ id: newId(), action, content });
  };
  return {
    ...{ alerts: submit, events: submit, takeRecords, lossOf },
    close: async (deadlineMs) => dispatcher.close(deadlineMs),
  };
}
