import { setImmediate } from "node:timers/promises";
import type { BpfMap } from "libbpf-ts";
import type { Attachment } from "../attachment.ts";
import { Chain } from "./chain.ts";
import type { FusedPart } from "./fused-part.ts";
import { FusedAttachment, type Fusible } from "./fused-attachment.ts";

/** The maps and the wait that fused programs share with all others. */
export interface FuserHost {
  readonly control: BpfMap;
  /** Resolves when all programs have ended that run now. */
  settle(): Promise<void>;
}

interface Waiting {
  readonly attachment: FusedAttachment;
  readonly fusible: Fusible;
}

/**
 * Joins the programs of all rules that are attached at the same places. Each program keeps its own
 * maps; what is the same for all of them is done once an event.
 */
export class Fuser implements Disposable {
  readonly #host: FuserHost;
  readonly #onRefused: (refused: FusedPart, error: Error) => void;
  readonly #chains = new Map<string, Chain>();
  #waiting: Waiting[] = [];
  #batches = 0;
  #removal: Promise<void> | undefined;

  /** @param onRefused called if a program can only run alone, and the reason */
  constructor(host: FuserHost, onRefused: (refused: FusedPart, error: Error) => void = () => undefined) {
    this.#host = host;
    this.#onRefused = onRefused;
  }

  /** Attaches a program; within `batch` it runs only after that. Throws BpfError. */
  attach(fusible: Fusible): Attachment {
    const chain = this.#chainAt(fusible);
    const attachment = new FusedAttachment(chain, fusible, async () => this.#remove(chain, fusible));
    this.#waiting.push({ attachment, fusible });
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
    for (const chain of this.#chains.values()) chain.measure();
  }

  #chainAt({ attach, part, place }: Fusible): Chain {
    const known = this.#chains.get(place);
    if (known !== undefined) return known;
    const chain = new Chain(part.spec, this.#host.control, (program) => attach(program, part.spec));
    this.#chains.set(place, chain);
    return chain;
  }

  /** Commits all programs that wait, one chain after the other. */
  *#commits(): Generator<void, void> {
    const byTurn = Map.groupBy(this.#waiting, ({ fusible }) => fusible.turn);
    for (const turn of [...byTurn.keys()].toSorted((left, right) => left - right)) {
      for (const [chain, own] of Map.groupBy(byTurn.get(turn) ?? [], ({ attachment }) => attachment.chain)) {
        this.#commitTo(chain, own);
        yield;
      }
    }
  }

  #commitTo(chain: Chain, waiting: readonly Waiting[]): void {
    // while others were committed, a rule can have ended, or have been committed with a later one
    const left = waiting.filter((each) => this.#waiting.includes(each) && !each.attachment.hasEnded);
    this.#waiting = this.#waiting.filter((each) => !waiting.includes(each));
    for (const { attachment, fusible } of left) if (!chain.add(fusible.part)) attachment.attachAlone();
    const refused = chain.commit();
    for (const [part, error] of refused) this.#onRefused(part, error);
    for (const { attachment, fusible } of left) if (refused.has(fusible.part)) attachment.attachAlone();
  }

  /** Removes a part, with all that are removed in the same turn of the event loop. */
  async #remove(chain: Chain, removed: Fusible): Promise<void> {
    const { part } = removed;
    this.#waiting = this.#waiting.filter(({ fusible }) => fusible !== removed);
    chain.remove(part);
    this.#removal ??= Promise.resolve().then(async () => this.#commitRemovals());
    await this.#removal;
  }

  async #commitRemovals(): Promise<void> {
    this.#removal = undefined;
    const empty: Chain[] = [];
    for (const [place, chain] of this.#chains) {
      chain.commit();
      if (!chain.isEmpty || this.#waiting.some(({ attachment }) => attachment.chain === chain)) continue;
      this.#chains.delete(place);
      empty.push(chain);
    }
    await Promise.all([this.#host.settle(), ...empty.map(async (chain) => chain[Symbol.asyncDispose]())]);
  }

  [Symbol.dispose](): void {
    for (const chain of this.#chains.values()) chain[Symbol.dispose]();
    this.#chains.clear();
  }
}
