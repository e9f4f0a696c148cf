import { BpfError, type BpfProgram } from "libbpf-ts";
import { countsRuns } from "../../compile/attach-kinds.ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import type { Attachment, Followed } from "../attachment.ts";
import { NO_COST, type Cost, type FusedPart, type SharedRuns } from "./fused-part.ts";
import type { FusedPlace } from "./fused-place.ts";

/** A program to attach at a place where others can be. */
export interface Fusible {
  readonly place: string;
  readonly part: FusedPart;
  /** Attaches a program at the place, alone. Throws BpfError. */
  readonly attach: (program: BpfProgram, spec: ProgramSpec) => Attachment;
  /** parts of a rule with a lower number run first: the ends of spans before their starts */
  readonly turn: number;
}

type Runs = Cost & Pick<FusedPlace, "recursionMisses">;

/** A program of a rule that runs as a part of a fused program, or alone. */
export class FusedAttachment implements Attachment {
  readonly fusible: Fusible;
  readonly #onEnd: (attachment: FusedAttachment) => Promise<void>;
  #place: FusedPlace | undefined;
  #missedBefore = 0n;
  #alone: Attachment | undefined;
  #fault: string | undefined;
  #atEnd: Runs | undefined;
  #ending: Promise<void> | undefined;

  /** @param onEnd called once; resolves when the part no longer runs */
  constructor(fusible: Fusible, onEnd: (attachment: FusedAttachment) => Promise<void>) {
    this.fusible = fusible;
    this.#onEnd = onEnd;
  }

  /** true if it was detached, or is about to be */
  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** where it runs as a part; absent if it runs alone, or does not run yet */
  get place(): FusedPlace | undefined {
    return this.#place;
  }

  get isAlone(): boolean {
    return this.#alone !== undefined;
  }

  /** Says that it runs as a part. */
  joined(place: FusedPlace): void {
    this.#place = place;
    this.#missedBefore = place.recursionMisses ?? 0n;
  }

  /** Attaches the program alone. If the kernel refuses, `follow` tries again. */
  attachAlone(): void {
    const { attach, part } = this.fusible;
    try {
      this.#alone = attach(part.program, part.spec);
      this.#fault = undefined;
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      this.#fault = error.message;
    }
  }

  /** Tries again to attach a program that was refused. */
  follow(): Followed {
    if (this.#fault !== undefined && !this.hasEnded) this.attachAlone();
    return { changes: [], gaps: this.#fault === undefined ? [] : [this.#fault] };
  }

  missed(): bigint | undefined {
    const own = this.#alone ?? this.#place;
    return own?.missed === undefined ? 0n : own.missed();
  }

  shared(): SharedRuns | undefined {
    if (this.#place === undefined) return undefined;
    const { recursionMisses, runCount, runTimeNs } = this.#atEnd ?? this.#now();
    return {
      ...{ runCount, runTimeNs },
      recursionMisses: recursionMisses === undefined ? undefined : recursionMisses - this.#missedBefore,
      isGuarded: countsRuns(this.fusible.part.spec.attach),
    };
  }

  #now(): Runs {
    const cost = this.#place?.costOf(this.fusible.part) ?? NO_COST;
    return { recursionMisses: this.#place?.recursionMisses, ...cost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#alone?.[Symbol.asyncDispose]();
    await this.#end();
  }

  [Symbol.dispose](): void {
    this.#alone?.[Symbol.dispose]();
    // without waiting: nobody reads its counts any more
    void this.#end().catch(() => undefined);
  }

  async #end(): Promise<void> {
    // the place that ends with its last part can no longer be asked
    this.#atEnd ??= this.#now();
    this.#ending ??= this.#onEnd(this);
    await this.#ending;
  }
}
