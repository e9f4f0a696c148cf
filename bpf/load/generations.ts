import { createMap, MAP_FLAGS, type BpfMap } from "libbpf-ts";
import { CONTROL_BYTES } from "../compile/maps.ts";
import { ownTgid } from "./own-tgid.ts";

export type Generation = 0 | 1;

const FIRST = new Uint8Array(4);

/**
 * The one word that all programs read to know which of their two sets of counters is in use. Flipping it and waiting until no
 * program runs that read the old value leaves the other set still: it is read and cleared with nothing lost or counted twice.
 */
export interface Generations extends Disposable {
  /** the map that `MapSpec.shared` "control" stands for */
  readonly control: BpfMap;
  /** Changes the generation in use; resolves with the one that is idle now, once no program can be counting into it. */
  flip(): Promise<Generation>;
}

/** Throws BpfError. This process is the one that programs know as their reader. */
export function openGenerations(): Generations {
  const control = createMap({
    name: "control",
    type: "array",
    keyBytes: 4,
    valueBytes: CONTROL_BYTES,
    maxEntries: 1,
    flags: MAP_FLAGS.MMAPABLE,
  });
  const inner = createMap({ name: "rcu_inner", type: "array", keyBytes: 4, valueBytes: 4, maxEntries: 1 });
  const outer = createMap({
    name: "rcu_outer",
    type: "array_of_maps",
    keyBytes: 4,
    valueBytes: 4,
    maxEntries: 1,
    innerMapFd: inner.fd,
  });
  const reader = ownTgid();
  let flips = 0;
  const tell = (generation: Generation): void =>
    control.update(FIRST, new Uint8Array(Uint32Array.of(generation, reader, flips, 0).buffer));
  let current: Generation = 0;
  tell(current);
  const flip = async (): Promise<Generation> => {
    const before = current;
    current = before === 0 ? 1 : 0;
    flips++;
    tell(current);
    await waitForPrograms(outer, inner);
    return before;
  };
  return {
    control,
    flip,
    [Symbol.dispose]() {
      for (const map of [control, outer, inner]) map[Symbol.dispose]();
    },
  };
}

/**
 * Replacing an element of a map of maps returns only after synchronize_rcu(): every program that was running has left
 * (kernel commit 1ae80cf31938, "bpf: wait for running BPF programs when updating map-in-map"; all tracing programs that may not
 * sleep run inside an RCU read section). On another thread, for it takes tens of milliseconds.
 */
async function waitForPrograms(outer: BpfMap, inner: BpfMap): Promise<void> {
  const descriptor = new Uint8Array(Uint32Array.of(inner.fd).buffer);
  await outer.updateOnThread(FIRST, descriptor);
}
