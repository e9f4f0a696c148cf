import { matcherText } from "../matchers/matcher.ts";
import { type Silence, type SilenceState, silenceState } from "../notify/stages/silences.ts";
import { timeText } from "../text/time-text.ts";

/** What asks for a silence: an end, or how long it lasts, and what it begins with where that is not now. */
export interface SilenceRequest {
  /** `alertname="slow-fsync"`, and so on */
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
