import { BpfError, createMap, programInfo, type BpfMap, type BpfProgram } from "libbpf-ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import type { Attachment } from "../attachment.ts";
import { ProgramRejected } from "../program-rejected.ts";
import { addCosts, fitTogether, NO_COST, type Cost, type FusedPart } from "./fused-part.ts";
import { FusedProgram, loadStart, type ChainMaps } from "./fused-program.ts";

/**
 * The programs of one chain: the kernel ends a run after 33 tail calls (MAX_TAIL_CALL_CNT in
 * include/linux/bpf.h).
 */
const POSITIONS = 32;

/** A program of a chain. */
interface Position {
  /** the parts that it runs now */
  running: readonly FusedPart[];
  /** the parts that it is to run */
  parts: readonly FusedPart[];
  /** absent if it is the program of a rule */
  made?: FusedProgram;
}

/**
 * The programs of all rules at one place. One program is attached, and never changes. It leads to
 * the first of a chain of fused programs; the kernel replaces one of them at once, so each event is
 * counted by the old program or by the new one, and by one of them only.
 */
export class Chain implements Disposable {
  readonly #target: ProgramSpec;
  readonly #maps: ChainMaps;
  readonly #start: BpfProgram;
  readonly #link: Attachment;
  readonly #positions: Position[] = [];
  /** the costs of parts while they ran in programs that have ended */
  readonly #costs = new WeakMap<FusedPart, Cost>();
  #isMeasured = false;
  /** runs that the kernel had counted at the last look: it counts them only while statistics are on */
  #seenRuns = 0n;
  /** parts that no fused program can have */
  readonly #refused = new Map<FusedPart, Error>();

  /** Throws BpfError if the kernel refuses. */
  constructor(target: ProgramSpec, control: BpfMap, attach: (program: BpfProgram) => Attachment) {
    using made = new DisposableStack();
    const [keyBytes, valueBytes] = [4, 4];
    const chain = made.use(
      createMap({ name: "chain", type: "prog_array", keyBytes, valueBytes, maxEntries: POSITIONS }),
    );
    this.#target = target;
    this.#maps = { chain, control };
    this.#start = made.use(loadStart(target, this.#maps));
    this.#link = made.use(attach(this.#start));
    made.move();
  }

  get isEmpty(): boolean {
    return this.#positions.every(({ parts }) => parts.length === 0);
  }

  /** the runs that the kernel skipped, for all rules at this place; undefined if it does not count */
  get recursionMisses(): bigint | undefined {
    return programInfo(this.#start).recursionMisses;
  }

  /** Returns the hits that the kernel left out, or undefined if it does not count them. */
  missed(): bigint | undefined {
    return this.#link.missed === undefined ? 0n : this.#link.missed();
  }

  /**
   * Measures each part while the kernel measures programs, as it does if an administrator asks for
   * that (kernel.bpf_stats_enabled). To be called every few seconds.
   */
  measure(): void {
    const { runCount } = programInfo(this.#start);
    const isMeasured = runCount > this.#seenRuns;
    this.#seenRuns = runCount;
    if (isMeasured === this.#isMeasured) return;
    this.#isMeasured = isMeasured;
    const isAlone = this.#isAlone();
    for (const [at, position] of this.#positions.entries()) this.#update(position, at, isAlone, true);
  }

  /** True if the only part runs as it is. */
  #isAlone(): boolean {
    return !this.#isMeasured && this.#positions.length === 1 && this.#positions[0]?.parts.length === 1;
  }

  /** Returns the cost of a part, over the time in which it was measured. */
  costOf(part: FusedPart): Cost {
    const now = this.#positions.flatMap(({ made }) => made?.costs() ?? []);
    const current = now.filter(([each]) => each === part).map(([, cost]) => cost);
    return current.reduce(addCosts, this.#costs.get(part) ?? NO_COST);
  }

  /** Adds a part. It runs after `commit`. Returns false if there is no room. */
  add(part: FusedPart): boolean {
    const open = this.#positions.find(({ parts }) => fitTogether([...parts, part]));
    if (open !== undefined) open.parts = [...open.parts, part];
    else if (this.#positions.length >= POSITIONS) return false;
    else this.#positions.push({ running: [], parts: [part] });
    return true;
  }

  /** Removes a part. It no longer runs after `commit`. */
  remove(part: FusedPart): void {
    for (const position of this.#positions) position.parts = position.parts.filter((each) => each !== part);
  }

  /** Brings all changes into the kernel. Returns the parts that the kernel refuses. */
  commit(): ReadonlyMap<FusedPart, Error> {
    this.#refused.clear();
    const isAlone = this.#isAlone();
    // positions that splitting adds are at the end
    for (let at = 0; at < this.#positions.length; at++) {
      const position = this.#positions[at];
      if (position !== undefined) this.#update(position, at, isAlone);
    }
    this.#trim();
    return new Map(this.#refused);
  }

  #update(position: Position, at: number, isAlone: boolean, isAgain = false): void {
    const { made, parts, running } = position;
    const wasAlone = made === undefined && running.length > 0;
    if (!isAgain && isSame(parts, running) && wasAlone === isAlone && (made !== undefined || wasAlone)) return;
    try {
      this.#place(position, at, parts, isAlone);
    } catch (error) {
      if (!(error instanceof ProgramRejected) && !(error instanceof BpfError)) throw error;
      this.#separate(position, at, error);
    }
  }

  #place(position: Position, at: number, parts: readonly FusedPart[], isAlone: boolean): void {
    const [first] = parts;
    const options = { ...this.#maps, isMeasured: this.#isMeasured };
    const made = isAlone ? undefined : new FusedProgram(this.#target, parts, at, options);
    const program = made?.program ?? first?.program;
    if (program === undefined) return;
    this.#maps.chain.update(word(at), word(program.fd));
    this.#end(position);
    Object.assign(position, { running: parts, parts, made });
  }

  /** Ends the program that ran at a position; the costs of its parts stay known. */
  #end({ made }: Position): void {
    for (const [part, cost] of made?.costs() ?? []) {
      this.#costs.set(part, addCosts(this.#costs.get(part) ?? NO_COST, cost));
    }
    made?.[Symbol.dispose]();
  }

  /**
   * Leaves running what runs, and divides what is new: a part that the verifier refuses beside
   * others must not cost the others.
   */
  #separate(position: Position, at: number, error: Error): void {
    const { parts, running } = position;
    const added = parts.filter((part) => !running.includes(part));
    // less than what runs was refused, for want of memory: the next commit tries again
    if (added.length === 0) return;
    if (parts.length === 1) {
      for (const part of added) this.#refused.set(part, error);
      position.parts = running;
      // an empty position ends the chain: it gets a program that leads to the next one
      if (running.length === 0) this.#update(position, at, false);
      return;
    }
    const kept = parts.filter((part) => running.includes(part));
    const middle = Math.ceil(added.length / 2);
    const halves = kept.length > 0 ? [added] : [added.slice(0, middle), added.slice(middle)];
    const [here, there] = kept.length > 0 ? [kept, added] : halves;
    position.parts = here ?? [];
    this.#update(position, at, false);
    if (there === undefined) return;
    if (this.#positions.length < POSITIONS) this.#positions.push({ running: [], parts: there });
    else for (const part of there) this.#refused.set(part, error);
  }

  /** Removes empty positions from the end. One before others leads to the next. */
  #trim(): void {
    for (let at = this.#positions.length - 1; this.#positions[at]?.parts.length === 0; at--) {
      this.#maps.chain.delete(word(at));
      this.#positions.pop()?.made?.[Symbol.dispose]();
    }
  }

  /** Detaches. It waits for RCU. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
    for (const { made } of this.#positions.splice(0)) made?.[Symbol.dispose]();
    this.#start[Symbol.dispose]();
    this.#maps.chain[Symbol.dispose]();
  }
}

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

const isSame = (left: readonly FusedPart[], right: readonly FusedPart[]): boolean =>
  left.length === right.length && left.every((part, index) => part === right[index]);
