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
  /** the number of alerts that are news; all are if the message repeats an earlier one */
  readonly news: number;
  readonly group: GroupIdentity;
  /** the time of its first alert: messages of the same group and time belong together */
  readonly openedAtUnixMs: number;
  readonly reason: NotificationReason;
  /**
   * the number of alerts that fire since an earlier message and are left out, because there are
   * more than fit into a message; never news
   */
  readonly truncated: number;
  /**
   * the number of earlier changes of the same rules' alerts that the budget held back and that are
   * in no message
   */
  readonly suppressed: number;
}

/** One message to one receiver. */
export interface Delivery {
  /** the idempotency key: the same on every attempt */
  readonly id: string;
  readonly action: ActionSettings;
  readonly content: DeliveryContent;
  /**
   * the text that an earlier delivery of the same group asked to remember, such as the id of the
   * message that the receiver can edit; absent for the first, and for receivers that need none
   */
  readonly known?: string;
}

export type DeliveryContent = AlertsContent | EventsContent;

/** Records of one rule. */
export interface EventsContent {
  readonly kind: "events";
  readonly rule: string;
  /** the latest records, the oldest first */
  readonly events: readonly EventRecord[];
  /** the rule's own labels */
  readonly labels: Readonly<Record<string, string>>;
  /** the number of records that were left out, because there were more than fit into a message */
  readonly omitted: number;
  /** the time over which they came, if the budget held them back */
  readonly heldMs?: number;
}

/** The result of one attempt. */
export type Outcome = Success | Failure;

export interface Success extends Remembering {
  readonly ok: true;
  /** the message was delivered, but not completely, such as to some of its recipients only */
  readonly warning?: string;
}

export interface Failure extends Remembering {
  readonly ok: false;
  readonly error: string;
  /** the kind of trouble: it decides whether and how soon another attempt is made */
  readonly trouble: Trouble;
  /** the least time that the receiver asks to wait */
  readonly afterMs?: number;
  /** true if the receiver asks this for all messages, not just for this one */
  readonly isForAll?: boolean;
}

interface Remembering {
  /**
   * a short text that is kept over restarts for the next delivery of the same group, which gets it
   * as `known`. A failed attempt has one too if it was the second request that failed
   */
  readonly remember?: string;
}
