import { decodeValue, type Encoded, encodeValue } from "../evaluate/json-values.ts";
import { clockShiftMs, type SavedMoment } from "../evaluate/saved-moment.ts";
import { emptyPipelineState, type PipelineState } from "./pipeline-state.ts";

/** A `PipelineState` as JSON, and when that was. */
export interface SavedPipeline {
  readonly version: 1;
  readonly savedAt: SavedMoment;
  readonly state: Encoded;
}

/** What `restorePipeline` makes the same state of: plain data that JSON carries without loss. */
export function savePipeline(state: PipelineState, now: SavedMoment): SavedPipeline {
  return { version: 1, savedAt: now, state: encodeValue(state) };
}

/**
 * The state that was saved, with its times moved to a clock that may have begun anew: what was due in a minute is due in a minute less the
 * time that has passed. Undefined where it is of another version.
 */
export function restorePipeline(saved: SavedPipeline, now: SavedMoment): PipelineState | undefined {
  if (saved.version !== 1) return undefined;
  // Written by savePipeline, whose encoding keeps the types.
  const state = decodeValue(saved.state) as PipelineState;
  shift(state, clockShiftMs(saved.savedAt, now));
  return { ...emptyPipelineState(), ...state };
}

function shift({ groups, budget }: PipelineState, byMs: number): void {
  for (const group of groups.values()) {
    group.dueMs += byMs;
    for (const [action, atMs] of group.notifiedAtMs) group.notifiedAtMs.set(action, atMs + byMs);
  }
  for (const buckets of [budget.rules, ...budget.actions.values()])
    for (const [name, { used, atMs }] of buckets) buckets.set(name, { used, atMs: atMs + byMs });
}
