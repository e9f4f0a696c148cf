import { emptyPipelineState, type PipelineState } from "./pipeline-state.ts";
import type { PipelineMoment } from "./flush-group.ts";

/** A `PipelineState` as JSON, and when that was. */
export interface SavedPipeline {
  readonly version: 1;
  readonly savedAt: PipelineMoment;
  readonly state: unknown;
}

/** What `restorePipeline` makes the same state of: plain data that JSON carries without loss. */
export function savePipeline(state: PipelineState, now: PipelineMoment): SavedPipeline {
  return { version: 1, savedAt: now, state: encode(state) };
}

/**
 * The state that was saved, with its times moved to a clock that may have begun anew: what was due in a minute is due in a minute less the
 * time that has passed by the wall clock. Undefined where it is of another version.
 */
export function restorePipeline(saved: SavedPipeline, now: PipelineMoment): PipelineState | undefined {
  if (saved.version !== 1) return undefined;
  // Written by savePipeline, whose encoding keeps the types.
  const state = decode(saved.state) as PipelineState;
  const passedMs = Math.max(0, now.unixMs - saved.savedAt.unixMs);
  shift(state, now.ms - saved.savedAt.ms - passedMs);
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

type Encoded = string | number | boolean | null | readonly Encoded[] | { readonly [name: string]: Encoded };

/** What JSON does not have stands as an object of one key that begins with `$`. */
function encode(value: unknown): Encoded {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (value instanceof Map)
    return { $map: Array.from(value, ([key, one]: [unknown, unknown]) => [encode(key), encode(one)]) };
  if (value instanceof Set) return { $set: Array.from(value, encode) };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, encode(one)]));
  return value as string | number | boolean | null;
}

const DECODERS: Readonly<Record<string, (value: Encoded) => unknown>> = {
  $undefined: () => undefined,
  $bigint: (text) => BigInt(text as string),
  $number: Number,
  $map: (entries) => new Map((entries as [Encoded, Encoded][]).map(([key, one]) => [decode(key), decode(one)])),
  $set: (items) => new Set((items as Encoded[]).map(decode)),
};

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const entries: readonly [string, unknown][] = Object.entries(value);
  const [first] = entries;
  const decoder = entries.length === 1 && first !== undefined ? DECODERS[first[0]] : undefined;
  if (first !== undefined && decoder !== undefined) return decoder(first[1] as Encoded);
  return Object.fromEntries(entries.map(([name, one]) => [name, decode(one)]));
}
