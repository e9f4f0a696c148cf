import { CONTROL_MAP } from "../maps.ts";
import { R0, atomic, goTo, immediate, jump, load, mapDescriptor, mapValue, move, store } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { HEALTH_COUNTERS } from "../object-spec.ts";
import type { HealthCounter } from "../object-spec.ts";
import { addressOf, coldBranch, onStack } from "./lowering.ts";
import type { Lowering, MemoryPlace } from "./lowering.ts";

/**
 * Returns the current generation, 0 or 1. A run reads it when it first counts. If a fault was
 * counted on a cold path before, that path has read it for itself. Both are right whatever the
 * daemon does between: before it reads the generation that it switched away from, it waits until
 * all running programs have ended.
 */
export function generation(lowering: Lowering): Register {
  const { emitter, cache } = lowering;
  return cache.get("generation", () => {
    const value = emitter.register();
    emitter.comment("generation");
    emitter.emit(mapValue(value, CONTROL_MAP, 0), load(4, value, value, 0));
    return value;
  });
}

/**
 * Returns the rule's state of this CPU and generation: health counters, then slots. A run ends at
 * `missing` if there is none (never).
 */
export function stateBase(lowering: Lowering, missing: Label = lowering.end): Register {
  const { emitter, cache } = lowering;
  return cache.get("state", () => {
    const index = generation(lowering);
    emitter.comment("health and slots of this generation");
    const base = lookUp(lowering, lowering.layout.stateMap, index);
    emitter.emit(jump(base, "==", immediate(0), missing));
    return base;
  });
}

/** Calls bpf_map_lookup_elem with a 4-byte key. */
export function lookUp(lowering: Lowering, map: string, key: Register | { readonly immediate: number }): Register {
  const { emitter, frame } = lowering;
  return frame.with(4, (slot) => {
    const place = onStack(slot);
    emitter.emit(store(4, place.base, place.offset, key));
    return lookUpAt(lowering, map, place);
  });
}

/** Calls bpf_map_lookup_elem with the key at `key`. */
export function lookUpAt(lowering: Lowering, map: string, key: MemoryPlace): Register {
  const { emitter } = lowering;
  return emitter.callFor("map_lookup_elem", toMap(lowering, map), addressOf(lowering, key));
}

export const toMap =
  (lowering: Lowering, map: string) =>
  (target: Register): void => {
    lowering.emitter.emit(mapDescriptor(target, map));
  };

/**
 * Adds atomically: programs of one rule nest on a CPU (an interrupt within a system call), and
 * those on uprobes can be preempted.
 */
export function add(lowering: Lowering, place: MemoryPlace, value: Register | { readonly immediate: number }): void {
  const { emitter } = lowering;
  const operand = typeof value === "number" ? value : emitter.copy(value);
  emitter.emit(atomic("add", place.base, place.offset, operand));
}

const healthOffset = (counter: HealthCounter): number => 8 * HEALTH_COUNTERS.indexOf(counter);

export function count(lowering: Lowering, counter: HealthCounter, missing?: Label): void {
  const base = stateBase(lowering, missing);
  lowering.emitter.comment(`${counter} += 1`);
  add(lowering, { base, offset: healthOffset(counter) }, immediate(1));
}

/** Returns a cold block that counts and continues at `resume`. */
export const countAndGo = (lowering: Lowering, counter: HealthCounter, resume: Label): Label =>
  coldBranch(lowering, counter, () => {
    count(lowering, counter, resume);
    lowering.emitter.emit(goTo(resume));
  });

/** Emits the end of every program. */
export function finish(lowering: Lowering): void {
  lowering.emitter.place(lowering.end);
  lowering.emitter.emit(move(R0, immediate(0)), { kind: "exit" });
}
