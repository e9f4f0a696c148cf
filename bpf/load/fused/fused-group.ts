import { createMap, loadBtf, type BpfMap, type BpfProgram } from "libbpf-ts";
import { CHAIN_MAP, chainStart, fusePrograms, partOfMap, type FusedSpec } from "../../compile/fuse/fuse-programs.ts";
import { COST_BYTES, COSTS_MAP } from "../../compile/fuse/measured-part.ts";
import { routeCount, routesOf, ROUTES_MAP } from "../../compile/fuse/routes.ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import { makeProgram } from "../make-program.ts";
import { fitTogether, type Cost, type FusedPart } from "./fused-part.ts";
import { RouteTable } from "./route-table.ts";

/** The maps that all fused programs of a place share. */
export interface ChainMaps {
  readonly chain: BpfMap;
  readonly control: BpfMap;
}

/** The programs of several rules as one program in the kernel. Parts can end; none can be added. */
export class FusedGroup implements Disposable {
  readonly program: BpfProgram;
  readonly routes: RouteTable;
  readonly #parts: readonly FusedPart[];
  readonly #ended = new Set<FusedPart>();
  readonly #costs: BpfMap;
  /** the routes on which a part runs, or has run */
  readonly #wanted: ReadonlySet<number>;

  /** Throws ProgramRejected and BpfError. */
  constructor(target: ProgramSpec, parts: readonly FusedPart[], maps: ChainMaps) {
    using made = new DisposableStack();
    this.#parts = parts;
    const [type, maxEntries] = ["percpu_array", parts.length] as const;
    this.#costs = made.use(createMap({ name: COSTS_MAP, type, keyBytes: 4, valueBytes: COST_BYTES, maxEntries }));
    this.routes = made.use(new RouteTable(routeCount(target.part?.calls)));
    this.#wanted = this.#allowAll();
    const fused = fusePrograms(
      target,
      parts.map(({ spec }) => spec),
    );
    this.program = load(fused, (name) => {
      const part = partOfMap(name);
      if (part !== undefined) return parts[part.index]?.mapNamed(part.map);
      return { [COSTS_MAP]: this.#costs, [ROUTES_MAP]: this.routes.map, [CHAIN_MAP]: maps.chain }[name] ?? maps.control;
    });
    made.move();
  }

  #allowAll(): ReadonlySet<number> {
    const wanted = new Set<number>();
    for (const [index, { spec }] of this.#parts.entries()) {
      for (const route of routesOf(spec.part.calls)) {
        this.routes.allow(route, index);
        wanted.add(route);
      }
    }
    return wanted;
  }

  /** True if one of its parts is for events of a route. */
  wants(route: number): boolean {
    return this.#wanted.has(route);
  }

  /** the parts that have not ended */
  get live(): readonly FusedPart[] {
    return this.#parts.filter((part) => !this.#ended.has(part));
  }

  /** True if most of its parts have ended. */
  get isWasteful(): boolean {
    return 2 * this.#ended.size >= this.#parts.length;
  }

  /** Ends a part: no event that comes later runs it. */
  end(part: FusedPart): void {
    const index = this.#parts.indexOf(part);
    if (index < 0) return;
    this.#ended.add(part);
    this.routes.forbid(index);
  }

  /** Returns the cost of each part while it was measured. */
  costs(): readonly (readonly [FusedPart, Cost])[] {
    return this.#parts.map((part) => [part, this.costOf(part)]);
  }

  costOf(part: FusedPart): Cost {
    const cost = { runTimeNs: 0n, runCount: 0n };
    const index = this.#parts.indexOf(part);
    if (index < 0) return cost;
    const values = this.#costs.lookup(new Uint8Array(Uint32Array.of(index).buffer)) ?? new Uint8Array();
    const words = new BigUint64Array(values.buffer, values.byteOffset, values.byteLength / 8);
    for (let at = 0; at < words.length; at += 2) {
      cost.runTimeNs += words[at] ?? 0n;
      cost.runCount += words[at + 1] ?? 0n;
    }
    return cost;
  }

  [Symbol.dispose](): void {
    this.program[Symbol.dispose]();
    this.routes[Symbol.dispose]();
    this.#costs[Symbol.dispose]();
  }
}

/** Divides parts into those that fit into one program each, in their order. */
export function packed(parts: readonly FusedPart[]): readonly (readonly FusedPart[])[] {
  const packs: FusedPart[][] = [];
  for (const part of parts) {
    const last = packs.at(-1);
    if (last !== undefined && fitTogether([...last, part])) last.push(part);
    else packs.push([part]);
  }
  return packs;
}

/** Loads the program that is attached. Throws ProgramRejected and BpfError. */
export const loadStart = (target: ProgramSpec, routes: RouteTable, chain: BpfMap): BpfProgram =>
  load(chainStart(target), (name) => (name === CHAIN_MAP ? chain : routes.map));

function load({ btf, program }: FusedSpec, mapNamed: (name: string) => BpfMap | undefined): BpfProgram {
  using types = loadBtf(btf);
  const fdOf = (name: string): number => {
    const map = mapNamed(name);
    if (map === undefined) throw new Error(`a fused program has no map "${name}"`);
    return map.fd;
  };
  return makeProgram(program, fdOf, types);
}
