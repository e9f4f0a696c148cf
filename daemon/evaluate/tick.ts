import type { Sample } from "../sample/sample.ts";
import type { EventMoment } from "./alert-event.ts";

/** One tick of one rule as the steps of its evaluation see it. */
export interface Tick extends EventMoment {
  readonly sample: Sample;
  /** why its values cannot be trusted */
  readonly degraded?: string;
}
