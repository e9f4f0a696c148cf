import { setImmediate } from "node:timers/promises";
import { BpfError, type BpfMap } from "libbpf-ts";
import type { Attachment } from "../attachment.ts";
import { ProgramRejected } from "../program-rejected.ts";
import { FusedAttachment, type Fusible } from "./fused-attachment.ts";
import type { FusedPart } from "./fused-part.ts";
import { FusedPlace } from "./fused-place.ts";

/** The maps and the wait that fused programs share with all others. */
export interface FuserHost {
  readonly control: BpfMap;
  /** Resolves when all programs have ended that run now. */
  settle(): Promise<void>;
}

/** Programs are merged once rules have not changed for so long: merging costs more than a reload. */
const QUIET_MS = 3_000;
/**
 * Programs that are attached alone at a place before the first fused one. A fused program costs one
 * rule alone some nanoseconds an event more; a second one comes when a rule replaces its old
 * version.
 */
const MOST_ALONE = 2;

/**
 * Joins the programs of all rules that are attached at the same places. Each program keeps its own
 * maps; what is the same for all of them is done once an event.
 */
export class Fuser implements Disposable {
  readonly #host: FuserHost;
  readonly #onRefused: (refused: FusedPart, error: Error) => void;
  readonly #places = new Map<string, FusedPlace>();
  /** places at which this kernel runs no fused programs */
  readonly #unusable = new Set<string>();
  /** programs that are attached alone at places without fused ones */
  readonly #alone = new Set<FusedAttachment>();
  #waiting: FusedAttachment[] = [];
  #batches = 0;
  #isMeasured = false;
  #settling: Promise<void> | undefined;
  #quiet: NodeJS.Timeout | undefined;

  /** @param onRefused called if a program can only run alone, and the reason */
  constructor(host: FuserHost, onRefused: (refused: FusedPart, error: Error) => void = () => undefined) {
    this.#host = host;
    this.#onRefused = onRefused;
  }

  /** Attaches a program; within `batch` it runs only after that. Throws BpfError. */
  attach(fusible: Fusible): Attachment {
    // the kernel can refuse a program for each record of a tracepoint: the rule is then refused
    if (fusible.part.spec.type === "tracepoint") this.#tryPlace(fusible);
    const attachment = new FusedAttachment(fusible, async (ended) => this.#end(ended));
    this.#waiting.push(attachment);
    if (this.#batches === 0) this.#commits().forEach(() => undefined);
    return attachment;
  }

  /**
   * Attaches all programs of several rules together: making fused programs is most of the work. The
   * event loop runs between the places.
   */
  async batch<Result>(body: () => Promise<Result>): Promise<Result> {
    this.#batches++;
    try {
      return await body();
    } finally {
      this.#batches--;
      if (this.#batches === 0) for (const _ of this.#commits()) await setImmediate();
    }
  }

  /** Measures each rule while the kernel measures programs. To be called every few seconds. */
  measure(): void {
    for (const place of this.#places.values()) place.measure(this.#isMeasured);
  }

  /** Begins to measure each rule, or ends that: without it, `measure` finds out what is wanted. */
  measureParts(isMeasured: boolean): void {
    this.#isMeasured = isMeasured;
    if (isMeasured) this.measure();
    else for (const place of this.#places.values()) place.endMeasuring();
  }

  /** Merges programs of rules that came one after the other, and leaves out parts that have ended. */
  async merge(): Promise<void> {
    for (const place of this.#places.values()) await place.merge(async () => setImmediate());
  }

  /** Merges after a while without changes. */
  #mergeLater(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      // a program that cannot be made now is made after the next change
      void this.merge().catch(() => undefined);
    }, QUIET_MS).unref();
  }

  #placeAt({ attach, part, place }: Fusible): FusedPlace {
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    const made = new FusedPlace(part.spec, this.#host, (program) => attach(program, part.spec));
    this.#places.set(place, made);
    return made;
  }

  /** Commits all programs that wait, one place after the other. */
  *#commits(): Generator<void, void> {
    const crowded = this.#crowded();
    const byTurn = Map.groupBy(this.#waiting, ({ fusible }) => fusible.turn);
    for (const turn of [...byTurn.keys()].toSorted((left, right) => left - right)) {
      for (const [place, own] of Map.groupBy(byTurn.get(turn) ?? [], ({ fusible }) => fusible.place)) {
        this.#commitAt(own, crowded.has(place));
        yield;
      }
    }
    this.#mergeLater();
    void this.#endEmpty().catch(() => undefined);
  }

  /** Returns the places at which programs are to be fused. */
  #crowded(): ReadonlySet<string> {
    const waiting = Map.groupBy(this.#waiting, ({ fusible }) => fusible.place);
    const isCrowded = (place: string, count: number): boolean => {
      const alone = [...this.#alone].filter(({ fusible }) => fusible.place === place).length;
      return this.#places.has(place) || count > 1 || alone >= MOST_ALONE;
    };
    return new Set([...waiting].filter(([place, own]) => isCrowded(place, own.length)).map(([place]) => place));
  }

  #commitAt(waiting: readonly FusedAttachment[], isCrowded: boolean): void {
    // while others were committed, a rule can have ended, or have been committed with a later one
    const left = waiting.filter((each) => this.#waiting.includes(each) && !each.hasEnded);
    this.#waiting = this.#waiting.filter((each) => !waiting.includes(each));
    const [first] = left;
    if (first === undefined) return;
    const place = isCrowded ? this.#placeOrAlone(first.fusible) : undefined;
    const refused = place?.add(left.map(({ fusible: { part } }) => part));
    for (const [part, error] of refused ?? []) this.#onRefused(part, error);
    for (const attachment of left) {
      if (place === undefined || refused?.has(attachment.fusible.part) === true) this.#attachAlone(attachment);
      else attachment.joined(place);
    }
  }

  /** Returns the place, or undefined if the kernel refuses it now: the programs then run alone. */
  #placeOrAlone(fusible: Fusible): FusedPlace | undefined {
    try {
      return this.#tryPlace(fusible);
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      this.#onRefused(fusible.part, error);
      return undefined;
    }
  }

  #attachAlone(attachment: FusedAttachment): void {
    attachment.attachAlone();
    this.#alone.add(attachment);
  }

  /** Returns the place, or undefined if this kernel has no fused programs there. */
  #tryPlace(fusible: Fusible): FusedPlace | undefined {
    if (this.#unusable.has(fusible.place)) return undefined;
    try {
      return this.#placeAt(fusible);
    } catch (error) {
      if (!(error instanceof ProgramRejected)) throw error;
      this.#unusable.add(fusible.place);
      this.#onRefused(fusible.part, error);
      return undefined;
    }
  }

  async #end(ended: FusedAttachment): Promise<void> {
    this.#waiting = this.#waiting.filter((each) => each !== ended);
    this.#alone.delete(ended);
    if (ended.place === undefined) return this.#endEmpty();
    ended.place.remove(ended.fusible.part);
    this.#mergeLater();
    // one wait for all that end in the same turn of the event loop
    this.#settling ??= Promise.resolve().then(async () => this.#settle());
    await this.#settling;
  }

  async #settle(): Promise<void> {
    this.#settling = undefined;
    await Promise.all([this.#host.settle(), this.#endEmpty()]);
  }

  /** Detaches places at which no part runs any longer, or none was accepted. */
  async #endEmpty(): Promise<void> {
    const empty = [...this.#places].filter(([key, place]) => place.isEmpty && !this.#isAwaited(key));
    for (const [key] of empty) this.#places.delete(key);
    await Promise.all(empty.map(async ([, place]) => place[Symbol.asyncDispose]()));
  }

  #isAwaited(place: string): boolean {
    return this.#waiting.some(({ fusible }) => fusible.place === place);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#quiet);
    for (const place of this.#places.values()) place[Symbol.dispose]();
    this.#places.clear();
  }
}
