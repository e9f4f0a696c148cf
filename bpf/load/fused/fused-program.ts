import { createMap, loadBtf, type BpfMap, type BpfProgram } from "libbpf-ts";
import { CHAIN_MAP, chainStart, fusePrograms, partOfMap, type FusedSpec } from "../../compile/fuse/fuse-programs.ts";
import { COST_BYTES, COSTS_MAP } from "../../compile/fuse/measured-part.ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import { makeProgram } from "../make-program.ts";
import type { Cost, FusedPart } from "./fused-part.ts";

/** The maps that all fused programs of a place share. */
export interface ChainMaps {
  readonly chain: BpfMap;
  readonly control: BpfMap;
}

/** A fused program in the kernel. */
export class FusedProgram implements Disposable {
  readonly program: BpfProgram;
  readonly #parts: readonly FusedPart[];
  /** absent if its parts are not measured */
  readonly #costs: BpfMap | undefined;

  /** Throws ProgramRejected and BpfError. */
  constructor(
    target: ProgramSpec,
    parts: readonly FusedPart[],
    position: number,
    { isMeasured, ...maps }: ChainMaps & { readonly isMeasured: boolean },
  ) {
    using made = new DisposableStack();
    this.#parts = parts;
    this.#costs = isMeasured && parts.length > 0 ? made.use(makeCosts(parts.length)) : undefined;
    const specs = parts.map(({ spec }) => spec);
    const fused = fusePrograms(target, specs, position, this.#costs !== undefined);
    this.program = load(fused, (name) => {
      const part = partOfMap(name);
      if (part !== undefined) return parts[part.index]?.mapNamed(part.map);
      return name === COSTS_MAP ? this.#costs : sharedMap(maps, name);
    });
    made.move();
  }

  /** Returns the cost of each part since it was loaded. */
  costs(): readonly (readonly [FusedPart, Cost])[] {
    return this.#costs === undefined ? [] : this.#parts.map((part, index) => [part, this.#costOf(index)]);
  }

  #costOf(index: number): Cost {
    const cost = { runTimeNs: 0n, runCount: 0n };
    const values = this.#costs?.lookup(new Uint8Array(Uint32Array.of(index).buffer)) ?? new Uint8Array();
    const words = new BigUint64Array(values.buffer, values.byteOffset, values.byteLength / 8);
    for (let at = 0; at < words.length; at += 2) {
      cost.runTimeNs += words[at] ?? 0n;
      cost.runCount += words[at + 1] ?? 0n;
    }
    return cost;
  }

  [Symbol.dispose](): void {
    this.program[Symbol.dispose]();
    this.#costs?.[Symbol.dispose]();
  }
}

const makeCosts = (parts: number): BpfMap =>
  createMap({ name: COSTS_MAP, type: "percpu_array", keyBytes: 4, valueBytes: COST_BYTES, maxEntries: parts });

/** Loads the program that is attached. Throws ProgramRejected and BpfError. */
export const loadStart = (target: ProgramSpec, maps: ChainMaps): BpfProgram =>
  load(chainStart(target), (name) => sharedMap(maps, name));

const sharedMap = ({ chain, control }: ChainMaps, name: string): BpfMap => (name === CHAIN_MAP ? chain : control);

function load({ btf, program }: FusedSpec, mapNamed: (name: string) => BpfMap | undefined): BpfProgram {
  using types = loadBtf(btf);
  const fdOf = (name: string): number => {
    const map = mapNamed(name);
    if (map === undefined) throw new Error(`a fused program has no map "${name}"`);
    return map.fd;
  };
  return makeProgram(program, fdOf, types);
}
