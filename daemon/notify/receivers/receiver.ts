import type { LineBuffer } from "../../audit/line-buffer.ts";
import type { LogSettings } from "../../settings/receivers/log.ts";
import type { ReceiverSettings } from "../../settings/receivers/receiver-settings.ts";
import type { Secret } from "../../settings/secret.ts";
import type { ActionSettings, SmtpSettings } from "../../settings/settings.ts";
import type { Labels } from "../stages/alert-labels.ts";
import type { Delivery, Outcome } from "../queue/delivery.ts";
import type { MailTransport, MailTransportOptions } from "./email/mail-transport.ts";

/** The surroundings of receivers; tests bring their own. */
export interface ReceiverContext {
  /** the settings' labels, which all messages have */
  readonly labels: Labels;
  readonly smtp: SmtpSettings;
  /** such as `bpfwarden/0.1.0` */
  readonly userAgent: string;
  readonly openMailTransport: (options: MailTransportOptions) => MailTransport;
  /** the log of an action, the same one every time */
  readonly openLog: (settings: LogSettings) => LineBuffer;
  /** true if standard output is one */
  readonly isTerminal: boolean;
  /** true if a terminal gets colors; true if not given */
  readonly hasColors?: boolean;
  readonly readSecret: (secret: Secret) => string;
  readonly nowUnixMs: () => number;
}

export type ReceiverKind = ReceiverSettings["kind"];
/** A delivery whose action is of one kind. */
export type DeliveryTo<Kind extends ReceiverKind> = Delivery & {
  readonly action: Extract<ActionSettings, { readonly kind: Kind }>;
};

/** A receiver. `deliver` makes one attempt and does not throw; `signal` ends it early. */
export interface Receiver<Kind extends ReceiverKind> {
  readonly deliver: (delivery: DeliveryTo<Kind>, context: ReceiverContext, signal: AbortSignal) => Promise<Outcome>;
  /**
   * takes records at once, into memory of its own that is limited; absent if records are gathered
   * and delivered
   */
  readonly takeRecords?: (delivery: Omit<DeliveryTo<Kind>, "id">, context: ReceiverContext) => void;
  /** the longest time of an attempt */
  readonly attemptMs: (action: DeliveryTo<Kind>["action"]) => number;
  /**
   * true if each change of an alert is sent to it at once and by itself, without repeats and budget
   */
  readonly isImmediate: boolean;
  /** true if all its messages must stay in the order in which they came, whatever they are about */
  readonly keepsOrder: boolean;
  /** the most alerts in a message; for more, several messages are made */
  readonly maxAlerts: number;
  /**
   * the most alerts in a message if it has alerts that fire since an earlier message; `maxAlerts`
   * if not given
   */
  readonly maxKnown?: number;
  /** records of one rule are gathered this long; 0 sends each set as it comes */
  readonly gatherEventsMs: number;
  /** the most records in a message; the others of the same time are counted as omitted */
  readonly maxEvents: number;
}
