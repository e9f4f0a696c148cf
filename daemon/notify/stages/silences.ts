import { matchesAll, type Matcher } from "../../matchers/matcher.ts";
import { timeText } from "../../text/time-text.ts";
import type { Labels } from "./alert-labels.ts";
import { held, passed, type Stage } from "./stage.ts";

/** A silence: for a time nobody is notified of alerts that match. It is plain data. */
export interface Silence {
  readonly id: string;
  /**
   * matchers that must all match; at least one must not match the empty text, or the silence would
   * be for everything
   */
  readonly matchers: readonly Matcher[];
  readonly startsAtUnixMs: number;
  /** the first moment at which it is over */
  readonly endsAtUnixMs: number;
  readonly author: string;
  readonly comment: string;
}

/** The states of a silence, as Alertmanager names them. */
export type SilenceState = "pending" | "active" | "expired";

/**
 * The time for which expired silences are kept, to be listed: Alertmanager's `--data.retention`.
 */
const KEPT_MS = 120 * 3_600_000;

export function silenceState({ startsAtUnixMs, endsAtUnixMs }: Silence, nowUnixMs: number): SilenceState {
  if (nowUnixMs >= endsAtUnixMs) return "expired";
  return nowUnixMs < startsAtUnixMs ? "pending" : "active";
}

/**
 * Returns the active silences that match an alert's labels, `severity` among them: they keep the
 * alert from being sent.
 */
export function silencesOf(silences: readonly Silence[], labels: Labels, nowUnixMs: number): readonly Silence[] {
  return silences.filter(
    (silence) => silenceState(silence, nowUnixMs) === "active" && matchesAll(silence.matchers, labels),
  );
}

const NOT_SILENCED = passed("no silence matches it");

/** Holds alerts while a silence matches them. */
export const silenceStage = (silences: () => readonly Silence[]): Stage<"alert"> => ({
  name: "silence",
  on: "alert",
  judge: ({ labels }, { unixMs }) => {
    const [silence] = silencesOf(silences(), labels, unixMs);
    if (silence === undefined) return NOT_SILENCED;
    const { endsAtUnixMs, author, comment } = silence;
    return held(`silenced until ${timeText(endsAtUnixMs)} by ${author}${comment === "" ? "" : `: ${comment}`}`);
  },
});

/**
 * Returns the silence as it is if it ends now: a pending one never begins, an expired one stays as
 * it is.
 */
export function expireSilence(silence: Silence, nowUnixMs: number): Silence {
  const startsAtUnixMs = Math.min(silence.startsAtUnixMs, nowUnixMs);
  return silence.endsAtUnixMs <= nowUnixMs ? silence : { ...silence, startsAtUnixMs, endsAtUnixMs: nowUnixMs };
}

/** Returns the silences without those that have been over for five days. */
export function withoutOldSilences(silences: readonly Silence[], nowUnixMs: number): readonly Silence[] {
  return silences.filter(({ endsAtUnixMs }) => nowUnixMs - endsAtUnixMs < KEPT_MS);
}

const FIRST_UNIX_MS = Date.parse("0000-01-01T00:00:00Z");

/** True if a time can be written: RFC 3339 has four digits for a year. */
function isWritable(unixMs: number): boolean {
  return unixMs >= FIRST_UNIX_MS && unixMs < Date.UTC(10_000, 0);
}

/** Says what is wrong with a silence that is to be added; undefined if nothing is. */
export function silenceFault(silence: Omit<Silence, "id">, nowUnixMs: number): string | undefined {
  const { matchers, startsAtUnixMs, endsAtUnixMs } = silence;
  if (matchers.length === 0) return 'expected a matcher such as alertname="slow-fsync", found none';
  if (matchesAll(matchers, {})) return "expected a matcher that an empty label does not match, found none";
  if (!isWritable(startsAtUnixMs)) return "expected a start in the years 0 to 9999, found one outside of them";
  if (!isWritable(endsAtUnixMs)) return "expected an end before the year 10000, found one after it";
  if (endsAtUnixMs <= startsAtUnixMs) return "expected an end after the start";
  if (endsAtUnixMs <= nowUnixMs) return "expected an end in the future";
  return undefined;
}
