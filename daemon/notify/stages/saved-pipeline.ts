import { decodeValue, type Encoded, encodeValue } from "../../evaluate/saved/json-values.ts";
import { withPresentNames } from "../../evaluate/saved/former-names.ts";
import { shaped } from "../../evaluate/saved/shape.ts";
import { clockShiftMs, type SavedMoment } from "../../evaluate/saved/saved-moment.ts";
import { OPEN_ALERT_SHAPE, PIPELINE_SHAPE } from "./saved-pipeline-shapes.ts";
import { emptyPipelineState, type LastNotification, type OpenAlert, type PipelineState } from "./pipeline-state.ts";
import { emptySet } from "./small-map.ts";

/** A `PipelineState` as JSON, and the time of saving. */
export interface SavedPipeline {
  readonly version: 1;
  readonly savedAt: SavedMoment;
  readonly state: Encoded;
}

/** Saves a state as plain data that JSON carries without loss. `restorePipeline` reads it. */
export function savePipeline(state: PipelineState, now: SavedMoment): SavedPipeline {
  return { version: 1, savedAt: now, state: encodeValue(state) };
}

/**
 * Saves a state without its alerts, which are many and are each saved by itself. When they are
 * restored, groups are filled with them again.
 */
export function saveWithoutAlerts(state: PipelineState, now: SavedMoment): SavedPipeline {
  const groups = new Map([...state.groups].map(([key, group]) => [key, { ...group, members: new Set<string>() }]));
  return savePipeline({ ...state, groups, alerts: new Map() }, now);
}

/** Saves an alert as JSON. */
export function saveAlert(alert: OpenAlert): Encoded {
  return encodeValue(alert);
}

/** Restores a result of `saveAlert`. Throws if it is something else. */
export function restoreAlert(saved: Encoded): OpenAlert {
  return shaped(OPEN_ALERT_SHAPE, completed(decodeValue(saved) as OpenAlert));
}

/**
 * Restores a saved state. Its times are moved to a clock that may have begun anew: a group that was
 * due in a minute is due in a minute less the time that has passed. Returns undefined if it is of
 * another version. Throws if it is something else.
 */
export function restorePipeline(saved: SavedPipeline, now: SavedMoment): PipelineState | undefined {
  if (saved.version !== 1) return undefined;
  // Written by savePipeline, whose encoding keeps the types.
  const state = decodeValue(saved.state) as PipelineState;
  shift(state, clockShiftMs(saved.savedAt, now));
  for (const [id, alert] of state.alerts) state.alerts.set(id, completed(alert));
  return shaped(PIPELINE_SHAPE, { ...emptyPipelineState(), ...state });
}

/** Former names of the parts of a saved alert, by their present names. */
const FORMER_NAMES = {
  ruleActions: "named",
  notified: "heard",
  toNotify: "owed",
  endNotified: "knowing",
  suppressed: "heldBack",
} as const;

/** Returns an alert as an earlier release saved it, with the names and the parts that it has now. */
function completed(saved: SavedAlert): OpenAlert {
  const alert = withPresentNames(saved, FORMER_NAMES);
  const saidBefore = alert.notified as ReadonlyMap<string, SavedNotification>;
  const notified = new Map<string, LastNotification>();
  for (const [action, { group, level, routedLevel = level }] of saidBefore)
    notified.set(action, { group, level, routedLevel });
  const { peak = alert.event.level, routed = [], endNotified = emptySet<string>() } = alert;
  return Object.assign(alert, { peak, routed, endNotified, notified });
}

type SavedAlert = Omit<OpenAlert, "peak" | "routed" | "endNotified"> & Partial<OpenAlert>;

type SavedNotification = Omit<LastNotification, "routedLevel"> & Partial<LastNotification>;

function shift({ groups, budget }: PipelineState, byMs: number): void {
  for (const group of groups.values()) {
    group.dueMs += byMs;
    for (const [action, atMs] of group.notifiedAtMs) group.notifiedAtMs.set(action, atMs + byMs);
  }
  for (const buckets of [budget.rules, ...budget.actions.values()])
    for (const [name, { used, atMs }] of buckets) buckets.set(name, { used, atMs: atMs + byMs });
}
