import { BUCKET_KEY_BYTES } from "../../../check/limits.ts";
import type { Value } from "../../../check/typed-expression.ts";
import type { Label } from "../../instruction.ts";
import { KEY_BYTES_ON_STACK, SCRATCH_RECORD } from "../../maps.ts";
import type { KeyLayout } from "../../object-spec.ts";
import { writeColumn, writeGaps } from "../records/columns.ts";
import { onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { acquireScratch, releaseScratch } from "../scratch.ts";
import { stateBase } from "../state.ts";

/** The place where a key is built, and the code that releases it. */
export interface BuiltKey {
  readonly place: MemoryPlace;
  readonly release: () => void;
}

/** True if a key is built in `scratch`. */
export const isLong = (layout: KeyLayout): boolean => layout.bytes > KEY_BYTES_ON_STACK;

/**
 * Builds a key in the stack frame, or a long one in `scratch`; goes to `done` if there is no room.
 * Every byte is written: kernels let a privileged program pass memory that it never wrote, and then
 * one key would become many.
 */
export function buildKey(lowering: Lowering, values: readonly Value[], layout: KeyLayout, done: Label): BuiltKey {
  const key = isLong(layout) ? keyInScratch(lowering, done) : keyOnStack(lowering, layout);
  lowering.emitter.comment("key");
  writeGaps(lowering, layout.columns, key.place, 0, layout.bytes);
  values.forEach((value, index) => {
    const column = layout.columns[index];
    if (column === undefined) throw new Error("more values than columns");
    writeColumn(lowering, value, column, key.place);
  });
  return key;
}

/** The place is never released in a run, since a comm in it is copied later. */
const keyOnStack = (lowering: Lowering, layout: KeyLayout): BuiltKey => ({
  place: onStack(lowering.frame.allocate(layout.bytes + bucketRoom(lowering))),
  release: () => {},
});

/** Returns the room after the key for the number of a bucket. */
const bucketRoom = ({ layout }: Lowering): number =>
  layout.aggregates.some(({ storage }) => storage === "buckets") ? BUCKET_KEY_BYTES : 0;

function keyInScratch(lowering: Lowering, done: Label): BuiltKey {
  // code that can end the run comes before the entry is acquired
  stateBase(lowering);
  const base = acquireScratch(lowering, done);
  return {
    place: { base, offset: SCRATCH_RECORD },
    release: () => {
      releaseScratch(lowering, base);
    },
  };
}
