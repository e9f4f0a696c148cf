import { createMap, MAP_FLAGS, type BpfMap } from "libbpf-ts";
import { CONTROL_BYTES } from "../compile/maps.ts";
import { ownTgid } from "./own-tgid.ts";

export type Generation = 0 | 1;

const FIRST = new Uint8Array(4);

/**
 * The one word that all programs read to know which of their two sets of counters is in use. It is
 * flipped, and then no program that read the old value runs after a wait. So the other set is
 * still, and is read and cleared with nothing lost or counted twice.
 */
export interface Generations extends Disposable {
  /** the map that `MapSpec.shared` "control" refers to */
  readonly control: BpfMap;
  /** the generation in use */
  readonly current: Generation;
  /**
   * Changes the generation in use. Resolves with the idle one, after the last program that could
   * count into it has ended.
   */
  flip(): Promise<Generation>;
  /** Resolves after all programs have ended that run now. */
  settle(): Promise<void>;
}

/** Opens the generations of this process, which programs know as their reader. Throws BpfError. */
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
  const writeControl = (generation: Generation): void =>
    control.update(FIRST, new Uint8Array(Uint32Array.of(generation, reader, flips, 0).buffer));
  let current: Generation = 0;
  writeControl(current);
  const flip = async (): Promise<Generation> => {
    const before = current;
    current = before === 0 ? 1 : 0;
    flips++;
    writeControl(current);
    await waitForPrograms(outer, inner);
    return before;
  };
  return {
    control,
    get current() {
      return current;
    },
    flip,
    settle: async () => waitForPrograms(outer, inner),
    [Symbol.dispose]() {
      for (const map of [control, outer, inner]) map[Symbol.dispose]();
    },
  };
}

/**
 * Waits until every program that was running has ended. Replacing an element of a map of maps
 * returns only after synchronize_rcu() (kernel commit 1ae80cf31938, "bpf: wait for running BPF
 * programs when updating map-in-map"; all tracing programs that may not sleep run inside an RCU
 * read section). It runs on another thread, because it takes tens of milliseconds.
 */
async function waitForPrograms(outer: BpfMap, inner: BpfMap): Promise<void> {
  const descriptor = new Uint8Array(Uint32Array.of(inner.fd).buffer);
  await outer.updateOnThread(FIRST, descriptor);
}
