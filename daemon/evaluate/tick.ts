import type { Sample } from "../sample/sample.ts";
import type { EventMoment } from "./alerts/alert-event.ts";
import type { Unseen } from "./alerts/judge.ts";
import type { TickTrust } from "./tick-trust.ts";

/** One tick of one rule as the steps of its evaluation see it. */
export interface Tick extends EventMoment {
  readonly sample: Sample;
  /** true if keys were counted under `other`, because the window has as many as it may */
  readonly isCrowded: boolean;
  readonly trust: TickTrust;
  /** the part of the window that was seen, in words; undefined if it is whole */
  readonly unseen: Unseen;
}
