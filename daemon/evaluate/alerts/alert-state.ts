import type { Level } from "../../rules/rule-syntax.ts";
import type { AlertRecord, FiringRecord, Step } from "./alert-record.ts";
import type { Verdict } from "./judge.ts";
import { durationText } from "../../text/duration-text.ts";

/** The policy of a rule's alerts. It follows from the rule alone. */
export interface AlertPolicy {
  /** from the lowest to the highest */
  readonly levels: readonly Level[];
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly noData: "keep" | "ok" | "alert";
  /** an alert that could not be judged for this long ends; absent if such an alert is kept */
  readonly endsWithoutDataMs?: number;
  readonly flap: FlapPolicy;
}

/**
 * The limits of flapping: an alert flaps once it has fired `fires` times within `withinMs`, until
 * it has been quiet for as long.
 */
export interface FlapPolicy {
  readonly fires: number;
  readonly withinMs: number;
}

/** Four pages in a quarter of an hour are one thing that goes on. */
export const FLAPPING: FlapPolicy = { fires: 4, withinMs: 900_000 };

/** One tick of one alert. */
export interface AlertInput {
  readonly verdict: Verdict;
  /** CLOCK_BOOTTIME: durations are counted by it */
  readonly atMs: number;
  /** wall clock, only for `startsAtUnixMs` */
  readonly unixMs: number;
  /** the time since the last tick, and how much of it nothing was seen: no timer counts that */
  readonly intervalMs: number;
  readonly unseenMs: number;
  /**
   * how long a tick should take: timers have half of it as slack, since ticks come a little early
   * or late
   */
  readonly tickMs: number;
  /** why the values cannot be trusted; nothing fires and nothing is resolved */
  readonly degraded?: string;
  /**
   * why values may be too low, such as a stretch of the window that was not watched: nothing is
   * resolved and no level goes down
   */
  readonly unsettled?: string;
  /** how much of the window was seen; absent if all of it was */
  readonly unseen?: string;
  /** a level's condition in words with its values, such as `ratio 0.12 < 90%` */
  readonly explain: (level: number) => string;
  /**
   * the condition that ended it: `clear` if the rule has one, else the condition that no longer
   * holds
   */
  readonly explainEnd: (level: number) => string;
}

/**
 * Returns the next state of one alert:
 * - each level has its own timer of `for`; a level holds while its condition or that of a higher
 *   level does;
 * - it fires with the highest level whose timer has passed; upwards when a higher one's has,
 *   downwards at once;
 * - it goes to ok when no level holds, `clear` holds if the rule has one, and `keep_firing` has
 *   passed since; until then it stays firing at the lowest level;
 * - an alert that flaps stays firing until it has been quiet for as long as that takes, as if
 *   `keep_firing` were so long;
 * - no data resets the timers. A firing alert stays firing. It is resolved under `no_data: ok`, and
 *   after `endsWithoutDataMs` without data, as if the threshold did not hold;
 * - a verdict that comes too early stops the timers: a level that holds as far as was seen counts
 *   on once it can be judged;
 * - degraded resets the timers and changes nothing else;
 * - a timer ends with the tick that is closest to its end;
 * - time that was not seen, since a tick was late, counts for no timer.
 */
export function stepAlert(policy: AlertPolicy, before: AlertRecord, input: AlertInput): Step {
  if (input.degraded !== undefined) return hold(before, "degraded", input.degraded);
  const record = input.unseenMs === 0 ? before : delayed(before, input.unseenMs);
  const { verdict } = input;
  if (verdict.kind === "judged") return stepJudged(policy, record, verdict, input);
  if (verdict.why === "missing") return withoutData(policy, record, verdict.reason, input);
  return tooEarly(record, verdict.soFar, verdict.reason, input);
}

type Judged = Extract<Verdict, { readonly kind: "judged" }>;

function stepJudged(policy: AlertPolicy, record: AlertRecord, verdict: Judged, input: AlertInput): Step {
  const { highest } = verdict;
  const heldSinceMs = record.heldSinceMs.map((since, level) => (level <= highest ? (since ?? input.atMs) : undefined));
  const passed = heldSinceMs.findLastIndex((since) => since !== undefined && hasPassed(policy.forMs, since, input));
  const timers = { heldSinceMs, passed, verdict };
  const step =
    record.firing === undefined ? stepQuiet(policy, timers, input) : stepFiring(policy, record.firing, timers, input);
  return noteFires(policy.flap, record, step, input.atMs);
}

/**
 * True if a timer that counts from `sinceMs` has passed. A tick is a look at the time now and then.
 * The one that is closest to the end of the time ends it, so that `for: 3s` is three ticks of a
 * second whether they come a little early or late.
 */
function hasPassed(timerMs: number, sinceMs: number, { atMs, tickMs }: AlertInput): boolean {
  return atMs - sinceMs >= timerMs - Math.min(tickMs, timerMs) / 2;
}

function recentFires({ firedAtMs }: AlertRecord): Pick<AlertRecord, "firedAtMs"> {
  return firedAtMs === undefined ? {} : { firedAtMs };
}

/**
 * Remembers when the alert fired, and that it flaps if that was too often. An alert that has
 * settled begins anew.
 */
function noteFires({ fires, withinMs }: FlapPolicy, before: AlertRecord, step: Step, atMs: number): Step {
  const { record, transition } = step;
  if (transition?.kind === "resolved" && before.firing?.flaps) return step;
  const recent = (before.firedAtMs ?? []).filter((firedAtMs) => atMs - firedAtMs < withinMs);
  if (transition?.kind === "fired") recent.push(atMs);
  if (recent.length === 0) return step;
  const flaps = transition?.kind === "fired" && recent.length >= fires;
  const firing = record.firing && { ...record.firing, ...(flaps && { flaps: true as const }) };
  return { ...step, record: { ...record, ...(firing && { firing }), firedAtMs: recent.slice(-fires) } };
}

/** Returns the record with timers that have not counted the last `unseenMs`. */
function delayed({ heldSinceMs, firing, missingSinceMs, ...record }: AlertRecord, unseenMs: number): AlertRecord {
  const { stoppedSinceMs } = firing ?? {};
  return {
    ...record,
    ...(missingSinceMs !== undefined && { missingSinceMs: missingSinceMs + unseenMs }),
    heldSinceMs: heldSinceMs.map((since) => since && since + unseenMs),
    ...(firing && {
      firing: { ...firing, ...(stoppedSinceMs !== undefined && { stoppedSinceMs: stoppedSinceMs + unseenMs }) },
    }),
  };
}

/**
 * Resets all timers, that of `keep_firing` too. An alert that fires stays at its level; any other
 * goes to `state`.
 */
function hold(before: AlertRecord, state: "degraded" | "no_data", reason: string): Step {
  const { heldSinceMs, firing } = before;
  const reset = heldSinceMs.map(() => undefined);
  if (firing === undefined) return { record: { state, heldSinceMs: reset, reason, ...recentFires(before) } };
  const { stoppedSinceMs: _, ...kept } = firing;
  const record = { state: "firing", heldSinceMs: reset, firing: kept, reason: `still firing: ${reason}` } as const;
  return { record: { ...record, ...recentFires(before) } };
}

function withoutData(policy: AlertPolicy, record: AlertRecord, reason: string, input: AlertInput): Step {
  const missingSinceMs = record.missingSinceMs ?? input.atMs;
  const { endsWithoutDataMs = Infinity } = policy;
  const step =
    policy.noData === "ok"
      ? endedByNoData(policy, record, reason, input)
      : hasPassed(endsWithoutDataMs, missingSinceMs, input)
        ? stepJudged(policy, record, nothingHolds(noDataFor(endsWithoutDataMs, reason)), input)
        : hold(record, "no_data", reason);
  return { ...step, record: { ...step.record, missingSinceMs } };
}

/** Returns the verdict on a key that is treated as if no condition held. */
export function nothingHolds(because: string): Judged {
  return { kind: "judged", highest: -1, open: -1, clear: true, because };
}

/** Says `no data for 1m`, and for which value if `reason` is given. */
export function noDataFor(ms: number, reason?: string): string {
  const what = reason?.replace(/^no data: /, "");
  return `no data for ${durationText(ms * 1e6)}${what === undefined ? "" : `: ${what}`}`;
}

function endedByNoData(policy: AlertPolicy, record: AlertRecord, reason: string, { unsettled }: AlertInput): Step {
  if (unsettled !== undefined) return hold(record, "no_data", `${reason}; ${unsettled}`);
  const heldSinceMs = record.heldSinceMs.map(() => undefined);
  const ok: AlertRecord = { state: "ok", heldSinceMs, reason, ...recentFires(record) };
  const level = record.firing && policy.levels[record.firing.level];
  return level === undefined ? { record: ok } : { record: ok, transition: { kind: "resolved", level, reason } };
}

/** Stops the timers of levels that hold as far as was seen, and resets the others. */
function tooEarly(before: AlertRecord, soFar: number, reason: string, { intervalMs, unseenMs }: AlertInput): Step {
  const { record } = hold(before, "no_data", reason);
  const countedMs = intervalMs - unseenMs;
  const heldSinceMs = before.heldSinceMs.map((since, level) =>
    level <= soFar ? since && since + countedMs : undefined,
  );
  const isPending = record.firing === undefined && heldSinceMs.some((since) => since !== undefined);
  return { record: { ...record, heldSinceMs, ...(isPending && { state: "pending" }) } };
}

/** The levels at this tick; an index is -1 if there is no such level. */
interface Timers {
  readonly heldSinceMs: AlertRecord["heldSinceMs"];
  readonly verdict: Judged;
  /** the highest level that has held for `for` */
  readonly passed: number;
}

function stepQuiet(policy: AlertPolicy, { heldSinceMs, verdict, passed }: Timers, input: AlertInput): Step {
  const { highest, because = "" } = verdict;
  const level = policy.levels[passed];
  if (level !== undefined) {
    const reason = heldFor(policy, input.explain(passed));
    const record = {
      state: "firing",
      heldSinceMs,
      firing: { level: passed, startsAtUnixMs: input.unixMs },
      reason,
    } as const;
    return { record, transition: { kind: "fired", level, reason } };
  }
  if (highest < 0) return { record: { state: "ok", heldSinceMs, reason: because } };
  const since = durationText((input.atMs - (heldSinceMs[highest] ?? input.atMs)) * 1e6);
  const reason = `${input.explain(highest)} for ${since} of ${durationText(policy.forMs * 1e6)}`;
  return { record: { state: "pending", heldSinceMs, reason } };
}

function stepFiring(policy: AlertPolicy, firing: FiringRecord, timers: Timers, input: AlertInput): Step {
  const { heldSinceMs } = timers;
  const next = nextFiring(policy, firing, timers, input);
  const current = policy.levels[firing.level] ?? "warning";
  if (next === undefined) {
    const reason = timers.verdict.because ?? input.explainEnd(firing.level);
    return { record: { state: "ok", heldSinceMs, reason }, transition: { kind: "resolved", level: current, reason } };
  }
  const level = policy.levels[next.level] ?? current;
  if (next.level === firing.level) {
    return { record: { state: "firing", heldSinceMs, firing: next, reason: whyStill(policy, next, timers, input) } };
  }
  const risen = next.level > firing.level;
  const reason = risen
    ? heldFor(policy, input.explain(next.level))
    : `down from ${current}: ${input.explain(firing.level)} no longer holds`;
  return {
    record: { state: "firing", heldSinceMs, firing: next, reason },
    transition: { kind: "level", level, reason },
  };
}

/** Says why an alert that fires stays at its level. */
function whyStill(
  policy: AlertPolicy,
  firing: FiringRecord,
  { verdict: { highest, open, because } }: Timers,
  { atMs, unsettled, unseen, explain }: AlertInput,
): string {
  const { level, stoppedSinceMs, flaps } = firing;
  if (highest >= level) return explain(highest);
  if (unsettled !== undefined) return `still firing: ${unsettled}`;
  if (open >= level) return `still firing: too early to judge: ${explain(level)} does not hold, but ${unseen ?? ""}`;
  const ended = `still firing: ${because ?? `${explain(level)} no longer holds`}`;
  if (stoppedSinceMs === undefined) return `${ended}, but clear does not hold`;
  const [quiet, needed] = [atMs - stoppedSinceMs, quietMs(policy, firing)].map((ms) => durationText(ms * 1e6));
  return `${ended} for ${quiet} of ${flaps ? "the time that flapping takes to settle," : "keep_firing"} ${needed}`;
}

/** Returns the next level and timer of a firing alert; undefined if it ends. */
function nextFiring(
  policy: AlertPolicy,
  { stoppedSinceMs, ...firing }: FiringRecord,
  { verdict: { highest, open, clear }, passed }: Timers,
  input: AlertInput,
): FiringRecord | undefined {
  const { level } = firing;
  const possible = Math.max(highest, open);
  if (possible >= 0) {
    const lowered = input.unsettled === undefined ? Math.min(level, possible) : level;
    return { ...firing, level: Math.max(passed, lowered) };
  }
  if (input.unsettled !== undefined) return firing;
  if (!clear) return { ...firing, level: 0 };
  const since = stoppedSinceMs ?? input.atMs;
  return hasPassed(quietMs(policy, firing), since, input) ? undefined : { ...firing, level: 0, stoppedSinceMs: since };
}

/** Returns the time for which an alert must have been quiet to end. */
function quietMs({ keepFiringMs, flap }: AlertPolicy, { flaps }: Pick<FiringRecord, "flaps">): number {
  return flaps ? Math.max(keepFiringMs, flap.withinMs) : keepFiringMs;
}

function heldFor(policy: AlertPolicy, condition: string): string {
  return policy.forMs === 0 ? condition : `${condition} for ${durationText(policy.forMs * 1e6)}`;
}
