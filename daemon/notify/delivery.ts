import type { AlertEvent } from "../evaluate/alert.ts";
import type { EventRecord } from "../sample/sample.ts";
import type { ActionSettings } from "../settings/settings.ts";

/** What goes to one receiver in one message. */
export interface Delivery {
  /** the idempotency key: the same on every attempt */
  readonly id: string;
  readonly action: ActionSettings;
  readonly content: DeliveryContent;
}

export type DeliveryContent =
  | { readonly kind: "alerts"; readonly rule: string; readonly alerts: readonly AlertEvent[] }
  | {
      readonly kind: "events";
      readonly rule: string;
      readonly events: readonly EventRecord[];
      /** the rule's own */
      readonly labels: Readonly<Record<string, string>>;
      /** records that belonged here and were held back, since there were more than a message takes */
      readonly omitted: number;
    };

/** What became of one attempt. `retry` says whether another attempt can help, and after how long at least. */
export type Outcome =
  /** `warning`: it went out, but not as it should have, such as to some of its recipients only */
  | { readonly ok: true; readonly warning?: string }
  | { readonly ok: false; readonly error: string; readonly retry: false }
  | { readonly ok: false; readonly error: string; readonly retry: true; readonly afterMs?: number };
