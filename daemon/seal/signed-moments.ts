import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { faultOf, type LogFault } from "./log-fault.ts";
import type { VerifierKey } from "./note.ts";
import type { SealedMoment } from "./seal-folder.ts";

/** A checkpoint of the seal with a good signature. */
export interface SignedMoment {
  readonly time: string;
  readonly checkpoint: Checkpoint;
}

/**
 * Opens the checkpoints of a seal. Those that none of the keys has signed are faults.
 */
export function signedMoments(
  moments: readonly SealedMoment[],
  keys: readonly VerifierKey[],
  folder: string,
): { readonly signed: readonly SignedMoment[]; readonly faults: readonly LogFault[] } {
  const signed: SignedMoment[] = [];
  const faults: LogFault[] = [];
  for (const { time, checkpoint: note, size } of moments) {
    const checkpoint = firstOpened(note, keys);
    if (checkpoint === undefined) faults.push(faultOf(folder, { kind: "bad signature", size }));
    else signed.push({ time, checkpoint });
  }
  // By what is signed: the size beside a note proves nothing.
  return { signed: signed.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size), faults };
}

function firstOpened(note: string, keys: readonly VerifierKey[]): Checkpoint | undefined {
  for (const key of keys.toReversed()) {
    const checkpoint = openCheckpoint(note, key);
    if (checkpoint !== undefined) return checkpoint;
  }
  return undefined;
}
