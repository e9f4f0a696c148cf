import type { BudgetState } from "./budget.ts";
import { relabel } from "./former-alert.ts";
import type { Earlier, Group, OpenAlert, PipelineState } from "./pipeline-state.ts";
import { worse } from "./severity.ts";

export interface MergedStates {
  readonly state: PipelineState;
  /** the ids of earlier alerts that were replaced by others */
  readonly gone: readonly string[];
}

/**
 * Merges the state of an earlier process with that of this one, which began before it could read
 * the earlier state. Notifications of both count; the present condition of alerts is known to the
 * present state only.
 *
 * @param earlier is changed
 */
export function mergeStates(earlier: PipelineState, present: PipelineState, nowUnixMs: number): MergedStates {
  const labels = present.settingsLabels;
  const gone = labels === undefined ? [] : relabel(earlier, labels, nowUnixMs);
  for (const { id } of gone) earlier.alerts.delete(id);
  return {
    state: {
      alerts: merged(earlier.alerts, present.alerts, mergeAlerts),
      groups: merged(earlier.groups, present.groups, mergeGroups),
      budget: mergeBudgets(earlier.budget, present.budget),
      ...(labels !== undefined && { settingsLabels: labels }),
    },
    gone: gone.map(({ id }) => id),
  };
}

/** Returns all entries of both, the earlier ones first. */
function merged<Key, Value>(
  earlier: ReadonlyMap<Key, Value>,
  present: ReadonlyMap<Key, Value>,
  both: (earlier: Value, present: Value) => Value,
): Map<Key, Value> {
  const all = new Map(earlier);
  for (const [key, value] of present) {
    const before = earlier.get(key);
    all.set(key, before === undefined ? value : both(before, value));
  }
  return all;
}

function mergeAlerts(earlier: OpenAlert, present: OpenAlert): OpenAlert {
  const wasFiring = earlier.event.status === "firing";
  const before = [...earlier.notified].filter(([action]) => !present.endNotified.has(action));
  const notified = new Map([...before, ...present.notified]);
  const unsent = present.event.status === "firing" ? [] : [...earlier.toNotify, ...present.toNotify];
  const toNotify = new Map(unsent.filter(([action]) => !notified.has(action) && !present.endNotified.has(action)));
  const endNotified = new Set(
    [...earlier.endNotified, ...present.endNotified].filter((name) => !notified.has(name) && !toNotify.has(name)),
  );
  const times = timesBefore(earlier, present);
  return {
    ...present,
    event: wasFiring ? { ...present.event, startsAtUnixMs: earlier.event.startsAtUnixMs } : present.event,
    peak: wasFiring ? worse(earlier.peak, present.peak) : present.peak,
    ...{ notified, toNotify, endNotified, suppressed: new Map([...earlier.suppressed, ...present.suppressed]) },
    ...(times !== undefined && { earlier: times }),
  };
}

/** Returns the earlier times that the alert fired and ended while nobody could be notified. */
function timesBefore(earlier: OpenAlert, present: OpenAlert): Earlier | undefined {
  const isNews = earlier.event.status === "resolved" && earlier.toNotify.size > 0;
  const all = [earlier.earlier, isNews ? { times: 1, sinceUnixMs: earlier.event.startsAtUnixMs } : undefined];
  const known = [...all, present.earlier].filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  return {
    times: known.reduce((sum, { times }) => sum + times, 0),
    sinceUnixMs: Math.min(...known.map(({ sinceUnixMs }) => sinceUnixMs)),
  };
}

function mergeGroups(earlier: Group, present: Group): Group {
  return {
    ...present,
    members: earlier.members.union(present.members),
    openedAtUnixMs: Math.min(earlier.openedAtUnixMs, present.openedAtUnixMs),
    notifiedAtMs: merged(earlier.notifiedAtMs, present.notifiedAtMs, Math.max),
  };
}

/**
 * Merges budgets. If both have used a bucket, the fuller one counts: a little too much may be sent,
 * but nothing is held without need.
 */
function mergeBudgets(earlier: BudgetState, present: BudgetState): BudgetState {
  const fuller = <Bucket extends { readonly used: number }>(one: Bucket, other: Bucket): Bucket =>
    one.used > other.used ? one : other;
  const sum = (one: number, other: number): number => one + other;
  return {
    rules: merged(earlier.rules, present.rules, fuller),
    actions: merged(earlier.actions, present.actions, (one, other) => merged(one, other, fuller)),
    suppressed: merged(earlier.suppressed, present.suppressed, (one, other) => merged(one, other, sum)),
  };
}
