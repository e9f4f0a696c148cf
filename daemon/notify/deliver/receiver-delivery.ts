import type { LineBuffer } from "../../audit/line-buffer.ts";
import type { LogSettings } from "../../receivers/log-settings.ts";
import type { Secret } from "../../settings/values/secret.ts";
import type { SmtpSettings } from "../../settings/settings.ts";
import type { Delivery, Outcome } from "../queue/delivery.ts";
import type { Labels } from "../stages/alert-labels.ts";

/** The surroundings of receivers; tests bring their own. */
export interface ReceiverContext {
  /** the settings' labels, which all messages have */
  readonly labels: Labels;
  readonly smtp: SmtpSettings;
  /** such as `bpfwarden/0.1.0` */
  readonly userAgent: string;
  /** the log of an action, the same one every time */
  readonly openLog: (settings: LogSettings) => LineBuffer;
  /** the newest signed checkpoints of sealed logs, for messages that somebody keeps */
  readonly checkpoints?: readonly string[];
  /** true if standard output is one */
  readonly isTerminal: boolean;
  /** true if a terminal gets colors; true if not given */
  readonly hasColors?: boolean;
  /** reads the value of a secret now; throws if it is missing */
  readonly readSecret: (secret: Secret) => string;
  readonly nowUnixMs: () => number;
}

/** A delivery whose action has the settings of one receiver. */
export type DeliveryTo<Settings> = Omit<Delivery, "action"> & {
  readonly action: { readonly name: string } & Settings;
};

/** The way in which one receiver delivers. */
export interface ReceiverDelivery<Settings> {
  /**
   * Makes one attempt and does not throw, except if a secret cannot be read; `signal` ends it
   * early.
   */
  readonly deliver: (delivery: DeliveryTo<Settings>, context: ReceiverContext, signal: AbortSignal) => Promise<Outcome>;
  /** takes records at once, without waiting; given if the receiver's limits have `takesRecords` */
  readonly takeRecords?: (delivery: Omit<DeliveryTo<Settings>, "id">, context: ReceiverContext) => void;
}
