import { durationText } from "../text/duration-text.ts";
import type { Sample } from "../sample/sample.ts";

/** A tick is late if it took more than this many times its length. */
const LATE = 1.5;
/**
 * The number of ticks that late ticks in a row must have missed before the rule is reported as
 * degraded: one busy second is not worth a report.
 */
const REPORTED_TICKS = 30;
/** The same for ticks that were so late that nothing could be judged. */
const REPORTED_OVERLONG_TICKS = 5;
const TOLERATED_LOSS = 0.01;

/** The input of the trust in a tick. */
export interface TrustInput {
  readonly sample: Sample;
  readonly windowMs: number;
  /** how long a tick should take */
  readonly tickMs: number;
  /** the part of the tick's time in which the host was suspended and nothing could happen */
  readonly suspendedMs: number;
  /** why the daemon does not trust the rule: its probe is detached, over budget, … */
  readonly degraded?: string;
  /** true if only its records matter, which a full ring loses */
  readonly onlyRecords: boolean;
  /** rows of keys for which there was room in the kernel's tick, but not in the window */
  readonly rowsOverLimit: number;
  /** runs that the kernel left out; they are missing among the runs of the sample's health */
  readonly lostRuns: number;
  /** the time missed by the late ticks in a row before this one */
  readonly missedMs: number;
}

/** The trust in a tick, with the reasons in words. */
export interface TickTrust {
  /** time that was not looked at, which counts towards no `for` and no `keep_firing` */
  readonly unseenMs: number;
  /**
   * the same for this tick and the late ones in a row before it, without suspend: 0 once a tick is
   * in time
   */
  readonly missedMs: number;
  /** the reason why its counts cover more time than the window has; absent if they do not */
  readonly overlong?: string;
  /** the length of the tick in windows, 1 if it was no longer than one */
  readonly windows: number;
  /** why nothing fires and nothing is resolved */
  readonly degraded?: string;
  /** the reason for reporting the rule as degraded; often the same */
  readonly reported?: string;
}

/**
 * Decides how far a tick can be trusted:
 * - counts that were lost or not watched are degraded;
 * - a tick longer than the window counted more than the window should hold. At least one of the
 *   windows in it counted its share of a total. That much is judged, only if more cannot make it
 *   false, and nothing ends by it. It is reported once it is worth saying. Time in which the host
 *   was suspended does not count, since nothing was missed;
 * - events that were not counted under their key, and spans without room, make values of keys too
 *   low at most, which keeps alerts from ending (`whyUnsettled`). That is reported, too, but alerts
 *   still fire: a churn of keys must not silence the rule.
 */
export function trustOf(input: TrustInput): TickTrust {
  const { sample, windowMs, tickMs, suspendedMs } = input;
  const awakeMs = sample.intervalMs - suspendedMs;
  const isLate = awakeMs > LATE * tickMs;
  const missedMs = isLate ? input.missedMs + awakeMs - tickMs : 0;
  const overlong =
    isLate && awakeMs > windowMs + tickMs / 2
      ? `a tick took ${durationOf(awakeMs)}, longer than the window of ${durationOf(windowMs)}`
      : undefined;
  const untrusted = input.degraded ?? lossReason(sample, input.onlyRecords) ?? skipReason(input);
  const reported = untrusted ?? missedReason(overlong, missedMs, tickMs) ?? lowReason(input);
  return {
    unseenMs: sample.intervalMs > LATE * tickMs ? sample.intervalMs - tickMs : 0,
    missedMs,
    windows: overlong === undefined ? 1 : Math.ceil(awakeMs / windowMs),
    ...(overlong !== undefined && { overlong }),
    ...(untrusted !== undefined && { degraded: untrusted }),
    ...(reported !== undefined && { reported }),
  };
}

/** Says why values are too low at most. */
const lowReason = (input: TrustInput): string | undefined =>
  spanReason(input.sample) ?? unknownReason(input.sample) ?? returnReason(input.sample) ?? keyReason(input);

const durationOf = (milliseconds: number): string => durationText(Math.round(milliseconds) * 1e6);

function missedReason(overlong: string | undefined, missedMs: number, tickMs: number): string | undefined {
  if (overlong !== undefined && missedMs > REPORTED_OVERLONG_TICKS * tickMs) return overlong;
  if (missedMs <= REPORTED_TICKS * tickMs) return undefined;
  return `ticks are late: nothing was looked at for ${durationOf(missedMs)} in all`;
}

/**
 * Says why a tick's counts cannot be trusted, if more than 1 % of its events were lost. A full ring
 * loses records, not counts, so it matters only to rules that only record.
 */
function lossReason({ health }: Sample, onlyRecords: boolean): string | undefined {
  const lost = health.lost_scratch + health.reserved + health.lost_busy + (onlyRecords ? health.lost_ring : 0);
  const seen = Math.max(health.matched, lost);
  return lost > TOLERATED_LOSS * seen ? `${lost} of ${seen} events were lost in one tick` : undefined;
}

/**
 * Says how many runs were left out. The kernel leaves out a program's run while another program
 * runs on the CPU, whatever the run would have filtered out.
 */
function skipReason({ lostRuns: lost, sample: { health } }: TrustInput): string | undefined {
  const due = health.runs + lost;
  if (lost <= TOLERATED_LOSS * due) return undefined;
  return `the kernel left out ${lost} of ${due} runs in one tick, because other programs ran on the CPU or returns were too many`;
}

/**
 * Says how many spans found no room. Each user has a share of the room. Most likely one user's
 * spans are missing, so alerts of others go on.
 */
function spanReason({ health: { lost_spans: lost, matched } }: Sample): string | undefined {
  const seen = matched + lost;
  if (lost <= TOLERATED_LOSS * seen) return undefined;
  return `${lost} of ${seen} spans found no room in one tick, for their user had too many open (limits.spans)`;
}

/**
 * Says how many events are unknown. A process's memory may be paged out, or the process may pass a
 * wrong address. Values are too low at most, and alerts of others go on.
 */
function unknownReason({ health: { matched, unknown } }: Sample): string | undefined {
  const seen = matched + unknown;
  if (unknown <= TOLERATED_LOSS * seen) return undefined;
  return `${unknown} of ${seen} events are unknown in one tick: memory of processes that decides could not be read`;
}

/**
 * Says how many returns were missed. The kernel probes no return of a call that begins while 64
 * others of its thread wait for theirs, and any process can cause that.
 */
function returnReason({ health: { matched, missed_returns: missed } }: Sample): string | undefined {
  const seen = matched + missed;
  if (missed <= TOLERATED_LOSS * seen) return undefined;
  return `${missed} of ${seen} returns were missed in one tick: the kernel probes those of 64 calls of a thread at a time`;
}

function keyReason({ sample: { health, rows }, rowsOverLimit }: TrustInput): string | undefined {
  const seen = Math.max(health.matched, health.lost_keys);
  if (health.lost_keys > TOLERATED_LOSS * seen) {
    return `${health.lost_keys} of ${seen} events were not counted under their key in one tick, for there are too many keys, most of them of their user (limits.keys)`;
  }
  if (rowsOverLimit <= TOLERATED_LOSS * rows.length) return undefined;
  return `${rowsOverLimit} of ${rows.length} keys were counted under "other" in one tick, for there are too many keys (limits.keys)`;
}
