import { BpfError, type BpfProgram } from "libbpf-ts";
import { countsRuns } from "../../compile/attach-kinds.ts";
import type { ProgramSpec } from "../../compile/object-spec.ts";
import type { Attachment, Followed } from "../attachment.ts";
import type { Chain } from "./chain.ts";
import type { Cost, FusedPart, SharedRuns } from "./fused-part.ts";

/** A program to attach at a place where others can be. */
export interface Fusible {
  readonly place: string;
  readonly part: FusedPart;
  /** Attaches a program at the place, alone. Throws BpfError. */
  readonly attach: (program: BpfProgram, spec: ProgramSpec) => Attachment;
  /** parts of a rule with a lower number run first: the ends of spans before their starts */
  readonly turn: number;
}

/** A program of a rule that runs as a part of a fused program. */
export class FusedAttachment implements Attachment {
  readonly chain: Chain;
  readonly #fusible: Fusible;
  readonly #remove: () => Promise<void>;
  readonly #missedBefore: bigint;
  #alone: Attachment | undefined;
  #fault: string | undefined;
  #atEnd: (Cost & Pick<Chain, "recursionMisses">) | undefined;
  #removing: Promise<void> | undefined;

  /** @param remove takes the part out of the chain, and resolves when it no longer runs */
  constructor(chain: Chain, fusible: Fusible, remove: () => Promise<void>) {
    this.chain = chain;
    this.#fusible = fusible;
    this.#remove = remove;
    this.#missedBefore = chain.recursionMisses ?? 0n;
  }

  /** true if it was detached, or is about to be */
  get hasEnded(): boolean {
    return this.#removing !== undefined;
  }

  /** Attaches the program alone, because it cannot run as a part of another. */
  attachAlone(): void {
    const { attach, part } = this.#fusible;
    this.chain.remove(part);
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
    if (this.#fault !== undefined && this.#removing === undefined) this.attachAlone();
    return { changes: [], gaps: this.#fault === undefined ? [] : [this.#fault] };
  }

  missed(): bigint | undefined {
    if (this.#alone === undefined) return this.chain.missed();
    return this.#alone.missed === undefined ? 0n : this.#alone.missed();
  }

  shared(): SharedRuns | undefined {
    if (this.#alone !== undefined) return undefined;
    const { recursionMisses, runCount, runTimeNs } = this.#atEnd ?? this.#now();
    return {
      ...{ runCount, runTimeNs },
      recursionMisses: recursionMisses === undefined ? undefined : recursionMisses - this.#missedBefore,
      isGuarded: countsRuns(this.#fusible.part.spec.attach),
    };
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

  #now(): Cost & Pick<Chain, "recursionMisses"> {
    return { recursionMisses: this.chain.recursionMisses, ...this.chain.costOf(this.#fusible.part) };
  }

  async #end(): Promise<void> {
    // the program that ends with its last part can no longer be asked
    this.#atEnd ??= this.#now();
    this.#removing ??= this.#remove();
    await this.#removing;
  }
}
