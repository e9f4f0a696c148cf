import { BpfError, createMap, programInfo, type BpfMap, type BpfProgram } from "libbpf-ts";
import { routeCount } from "../../compile/fuse/routes.ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import type { Attachment } from "../attachment.ts";
import { ProgramRejected } from "../program-rejected.ts";
import { FusedGroup, loadStart, packed } from "./fused-group.ts";
import { addCosts, fitTogether, NO_COST, type Cost, type FusedPart } from "./fused-part.ts";
import { RouteTable } from "./route-table.ts";

/** The programs of a chain that run for one event: MAX_TAIL_CALL_CNT in include/linux/bpf.h. */
const MOST_GROUPS = 32;
/** Old programs stay in the chain until the last run of them has ended. Index 0 means none. */
const INDEXES = 4 * MOST_GROUPS;

/** Groups that were made, to run after `kept` others, and the parts that the kernel refused. */
interface Made {
  readonly kept: number;
  readonly groups: FusedGroup[];
  readonly refused: Map<FusedPart, Error>;
}

/**
 * The programs of all rules at one place. One program is attached, and never changes. For each
 * event it finds the first fused program that is for it, which leads to the next. A change of the
 * programs is one store for each route, so each event runs the old programs or the new ones: no
 * other rule loses it or counts it twice.
 */
export class FusedPlace implements Disposable {
  readonly #target: ProgramSpec;
  readonly #chain: BpfMap;
  readonly #control: BpfMap;
  readonly #settle: () => Promise<void>;
  readonly #start: BpfProgram;
  readonly #routes: RouteTable;
  readonly #link: Attachment;
  /** in the order in which they run, which is that in which their parts were added */
  #groups: readonly FusedGroup[] = [];
  readonly #indexes = new Map<FusedGroup, number>();
  /** the costs of parts while they ran in groups that have ended */
  readonly #costs = new WeakMap<FusedPart, Cost>();
  #changes = 0;
  #isMeasured = false;
  /** runs that the kernel had counted at the last look: it counts them only while statistics are on */
  #seenRuns = 0n;

  /** Throws BpfError if the kernel refuses. */
  constructor(
    target: ProgramSpec,
    { control, settle }: { readonly control: BpfMap; readonly settle: () => Promise<void> },
    attach: (program: BpfProgram) => Attachment,
  ) {
    using made = new DisposableStack();
    const [keyBytes, valueBytes] = [4, 4];
    this.#chain = made.use(createMap({ name: "chain", type: "prog_array", keyBytes, valueBytes, maxEntries: INDEXES }));
    this.#target = target;
    this.#control = control;
    this.#settle = settle;
    this.#routes = made.use(new RouteTable(routeCount(target.part?.calls)));
    this.#start = made.use(loadStart(target, this.#routes, this.#chain));
    this.#link = made.use(attach(this.#start));
    made.move();
  }

  get isEmpty(): boolean {
    return this.#groups.every(({ live }) => live.length === 0);
  }

  /** the runs that the kernel skipped, for all rules at this place; undefined if it does not count */
  get recursionMisses(): bigint | undefined {
    return programInfo(this.#start).recursionMisses;
  }

  /** Returns the hits that the kernel left out, or undefined if it does not count them. */
  missed(): bigint | undefined {
    return this.#link.missed === undefined ? 0n : this.#link.missed();
  }

  /** Adds parts, which run from now on. Returns those that the kernel refuses. */
  add(parts: readonly FusedPart[]): ReadonlyMap<FusedPart, Error> {
    const made: Made = { kept: this.#groups.length, groups: [], refused: new Map() };
    for (const pack of packed(parts)) this.#make(pack, made);
    this.#lead(this.#groups, made.groups);
    return made.refused;
  }

  /** Ends a part: no event that comes later runs it. */
  remove(part: FusedPart): void {
    this.#changes++;
    for (const group of this.#groups) group.end(part);
  }

  /**
   * Makes few programs of many, and leaves ended parts out. Each program takes some milliseconds,
   * and the event loop runs between them. Does nothing if parts change meanwhile.
   */
  async merge(turn: () => Promise<void>): Promise<void> {
    const first = this.#firstToMerge();
    if (first < 0) return;
    const [before, changes] = [this.#groups, this.#changes];
    const parts = before.slice(first).flatMap(({ live }) => live);
    const made: Made = { kept: first, groups: [], refused: new Map() };
    for (const pack of packed(parts)) {
      await turn();
      if (this.#changes === changes) this.#make(pack, made);
    }
    if (this.#changes !== changes || made.refused.size > 0) {
      for (const group of made.groups) this.#free(group);
      return;
    }
    this.#lead(before.slice(0, first), made.groups);
    await this.#end(before.slice(first));
  }

  /** Returns the index of the first group that is worth to be made anew, with all after it; or -1. */
  #firstToMerge(): number {
    return this.#groups.findIndex((group, at) => {
      const after = this.#groups[at + 1];
      return group.isWasteful || (after !== undefined && fitTogether([...group.live, ...after.live]));
    });
  }

  /** Makes a group, or several if the verifier refuses some parts beside others. */
  #make(parts: readonly FusedPart[], made: Made): void {
    if (made.kept + made.groups.length >= MOST_GROUPS) {
      for (const part of parts) made.refused.set(part, CHAIN_FULL);
      return;
    }
    try {
      made.groups.push(this.#load(parts));
    } catch (error) {
      if (!(error instanceof ProgramRejected) && !(error instanceof BpfError)) throw error;
      if (parts.length === 1) for (const part of parts) made.refused.set(part, error);
      const middle = Math.ceil(parts.length / 2);
      if (parts.length > 1) for (const half of [parts.slice(0, middle), parts.slice(middle)]) this.#make(half, made);
    }
  }

  #load(parts: readonly FusedPart[]): FusedGroup {
    const group = new FusedGroup(this.#target, parts, { chain: this.#chain, control: this.#control });
    try {
      const index = this.#freeIndex();
      this.#chain.update(word(index), word(group.program.fd));
      this.#indexes.set(group, index);
      return group;
    } catch (error) {
      group[Symbol.dispose]();
      throw error;
    }
  }

  #freeIndex(): number {
    const used = new Set(this.#indexes.values());
    for (let index = 1; index < INDEXES; index++) {
      if (!used.has(index)) return index;
    }
    throw CHAIN_FULL;
  }

  /**
   * Lets new groups run after those that are kept. The last store of each route is the one by which
   * events take the new way: in the last kept group for the route, or at the start.
   */
  #lead(kept: readonly FusedGroup[], added: readonly FusedGroup[]): void {
    this.#changes++;
    for (const group of added) group.routes.measure(this.#isMeasured);
    for (let route = 0; route < this.#routes.count; route++) {
      let next = 0;
      for (const group of added.toReversed()) {
        if (!group.wants(route)) continue;
        group.routes.setNext(route, next);
        next = this.#indexOf(group);
      }
      const last = kept.findLast((group) => group.wants(route));
      (last?.routes ?? this.#routes).setNext(route, next);
    }
    this.#groups = [...kept, ...added];
  }

  #indexOf(group: FusedGroup): number {
    const index = this.#indexes.get(group);
    if (index === undefined) throw new Error("a group is not in the chain");
    return index;
  }

  /** Ends groups, after their last runs. The costs of their parts stay known. */
  async #end(groups: readonly FusedGroup[]): Promise<void> {
    await this.#settle();
    for (const group of groups.filter((each) => this.#indexes.has(each))) {
      for (const [part, cost] of group.costs()) {
        this.#costs.set(part, addCosts(this.#costs.get(part) ?? NO_COST, cost));
      }
      this.#free(group);
    }
  }

  #free(group: FusedGroup): void {
    const index = this.#indexes.get(group);
    if (index === undefined) return;
    this.#indexes.delete(group);
    this.#chain.delete(word(index));
    group[Symbol.dispose]();
  }

  /**
   * Measures each part while the kernel measures programs, as it does if an administrator asks for
   * that (kernel.bpf_stats_enabled). To be called every few seconds.
   *
   * @param isKnown true if the kernel is known to measure them
   */
  measure(isKnown: boolean): void {
    const { runCount } = programInfo(this.#start);
    this.#measure(isKnown || runCount > this.#seenRuns, runCount);
  }

  /** Ends measuring, until a later `measure`. */
  endMeasuring(): void {
    this.#measure(false, programInfo(this.#start).runCount);
  }

  #measure(isMeasured: boolean, runCount: bigint): void {
    this.#seenRuns = runCount;
    if (isMeasured === this.#isMeasured) return;
    this.#isMeasured = isMeasured;
    for (const { routes } of this.#groups) routes.measure(isMeasured);
  }

  /** Returns the cost of a part, over the time in which it was measured. */
  costOf(part: FusedPart): Cost {
    const known = this.#costs.get(part) ?? NO_COST;
    return [...this.#indexes.keys()].reduce((sum, group) => addCosts(sum, group.costOf(part)), known);
  }

  /** Detaches. It waits for RCU. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#changes++;
    this.#link[Symbol.dispose]();
    for (const group of this.#indexes.keys()) this.#free(group);
    this.#groups = [];
    this.#start[Symbol.dispose]();
    this.#routes[Symbol.dispose]();
    this.#chain[Symbol.dispose]();
  }
}

/** as the kernel says if a tracepoint has too many programs */
const E2BIG = 7;
const CHAIN_FULL = new BpfError("BPF_MAP_UPDATE_ELEM", E2BIG, "the chain of a fused program");

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
