import type { EventLog } from "../audit/event-log.ts";
import type { ActionSettings, ReceiverSettings, Secret, SmtpSettings } from "../settings/settings.ts";
import type { Labels } from "./alert-labels.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import type { MailTransport, MailTransportOptions } from "./mail-transport.ts";

/** What receivers need of the world; tests bring their own. */
export interface ReceiverContext {
  /** the settings' labels, on everything that goes out */
  readonly labels: Labels;
  readonly smtp: SmtpSettings;
  /** such as `bpfwarden/0.1.0` */
  readonly userAgent: string;
  readonly fetch: typeof fetch;
  readonly openMailTransport: (options: MailTransportOptions) => MailTransport;
  /** the log of a path, the same one every time */
  readonly eventLog: (path: string) => EventLog;
  readonly standardOutput: TextOutput;
  readonly readSecret: (secret: Secret) => string;
  readonly nowUnixMs: () => number;
}

/** Standard output, or what stands in for it. */
export interface TextOutput {
  readonly isTerminal: boolean;
  write(text: string): void;
}

export type ReceiverKind = ReceiverSettings["kind"];
/** A delivery whose action is of one kind. */
export type DeliveryTo<Kind extends ReceiverKind> = Delivery & {
  readonly action: Extract<ActionSettings, { readonly kind: Kind }>;
};

/** A way out. `deliver` makes one attempt and does not throw; `signal` ends it early. */
export interface Receiver<Kind extends ReceiverKind> {
  readonly deliver: (delivery: DeliveryTo<Kind>, context: ReceiverContext, signal: AbortSignal) => Promise<Outcome>;
  /** whether it is told of each change of an alert at once and by itself, without repeats and budget */
  readonly isImmediate: boolean;
  /** alerts a message takes; how many others there are is said */
  readonly maxAlerts: number;
  /** records of one rule are gathered this long; 0 sends each set as it comes */
  readonly gatherEventsMs: number;
  /** records a message takes; the others of the same time are counted as omitted */
  readonly maxEvents: number;
}
