import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import type { EventRecord } from "../../sample/sample.ts";
import type { ActionSettings } from "../../settings/settings.ts";
import type { NotificationReason } from "../stages/dedupe.ts";
import type { GroupIdentity } from "../stages/group.ts";
import type { Trouble } from "./trouble.ts";

/** Alerts of one group. */
export interface AlertsContent {
  readonly kind: "alerts";
  /** the rule of the first alert */
  readonly rule: string;
  /** first those that are news to the receiver */
  readonly alerts: readonly AlertEvent[];
  /** how many of them are news; all are where the message repeats an earlier one */
  readonly news: number;
  readonly group: GroupIdentity;
  /** when its first alert came: messages of the same group and time belong together */
  readonly openedAtUnixMs: number;
  readonly reason: NotificationReason;
  /**
   * alerts that fire on since an earlier message and are left out, since there are more than a
   * message takes; never news
   */
  readonly truncated: number;
  /** earlier changes of the same rules' alerts that the budget held back, and that are in no message */
  readonly suppressed: number;
}

/** What goes to one receiver in one message. */
export interface Delivery {
  /** the idempotency key: the same on every attempt */
  readonly id: string;
  readonly action: ActionSettings;
  readonly content: DeliveryContent;
}

export type DeliveryContent = AlertsContent | EventsContent;

/** Records of one rule. */
export interface EventsContent {
  readonly kind: "events";
  readonly rule: string;
  /** the latest of them, the oldest first */
  readonly events: readonly EventRecord[];
  /** the rule's own */
  readonly labels: Readonly<Record<string, string>>;
  /** records that belonged here and were left out, since there were more than a message takes */
  readonly omitted: number;
  /** over how long they came, where the budget held them back */
  readonly heldMs?: number;
}

/** What became of one attempt. */
export type Outcome =
  /** `warning`: it went out, but not as it should have, such as to some of its recipients only */
  { readonly ok: true; readonly warning?: string } | Failure;

export interface Failure {
  readonly ok: false;
  readonly error: string;
  /** true if another attempt can help, and how soon */
  readonly trouble: Trouble;
  /** how long the receiver asks to wait at least */
  readonly afterMs?: number;
  /** the receiver asks so for all messages, not just for this one */
  readonly isForAll?: boolean;
}
