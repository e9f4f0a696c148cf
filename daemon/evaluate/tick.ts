import type { Sample } from "../sample/sample.ts";
import type { EventMoment } from "./alerts/alert-event.ts";
import type { Unseen } from "./alerts/judge.ts";
import type { TickTrust } from "./tick-trust.ts";

/** One tick of one rule as the steps of its evaluation see it. */
export interface Tick extends EventMoment {
  readonly sample: Sample;
  /** keys were counted under `other` since the window has as many as it may */
  readonly isCrowded: boolean;
  readonly trust: TickTrust;
  /** how much of the window was seen, in words; undefined where it is whole */
  readonly unseen: Unseen;
}
