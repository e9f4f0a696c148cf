import type { Sample } from "../sample/sample.ts";
import type { EventMoment } from "./alert-event.ts";
import type { TickTrust } from "./tick-trust.ts";

/** One tick of one rule as the steps of its evaluation see it. */
export interface Tick extends EventMoment {
  readonly sample: Sample;
  /** keys were counted under `other` since the window has as many as it may */
  readonly isCrowded: boolean;
  readonly trust: TickTrust;
}
