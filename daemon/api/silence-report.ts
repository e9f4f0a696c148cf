import { matcherText } from "../matchers/matcher.ts";
import { type Silence, type SilenceState, silenceState } from "../notify/stages/silences.ts";
import { timeText } from "../text/time-text.ts";

/** The request for a silence: its end or its duration, and its begin if that is not now. */
export interface SilenceRequest {
  /** such as `alertname="slow-fsync"` */
  readonly matchers: readonly string[];
  readonly startsAt?: string;
  readonly endsAt?: string;
  /** a duration such as `2h` */
  readonly for?: string;
  readonly author: string;
  readonly comment: string;
}

export interface SilenceReport {
  readonly id: string;
  readonly state: SilenceState;
  readonly matchers: readonly string[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly author: string;
  readonly comment: string;
}

export function silenceReport(silence: Silence, nowUnixMs: number): SilenceReport {
  const { id, matchers, startsAtUnixMs, endsAtUnixMs, author, comment } = silence;
  return {
    id,
    state: silenceState(silence, nowUnixMs),
    matchers: matchers.map(matcherText),
    startsAt: timeText(startsAtUnixMs),
    endsAt: timeText(endsAtUnixMs),
    author,
    comment,
  };
}
