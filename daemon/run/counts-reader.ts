import type { Generation } from "../../bpf/load/generations.ts";
import type { Drained, LoadedObject } from "../../bpf/load/loaded-object.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import type { AwaitedNames } from "../sample/awaited-names.ts";

/** The undecoded counts of a generation. */
export interface ReadCounts {
  readonly drained?: Drained;
  readonly skippedRuns?: number;
  readonly lostRuns?: number;
  readonly fault?: string;
}

/** The part of a loaded rule that has its counts. */
type CountedObject = Pick<LoadedObject, "drain" | "totals">;

/** Reads the counts of a rule, tick by tick. */
export class CountsReader {
  readonly #object: CountedObject;
  readonly #awaited: Pick<AwaitedNames, "rows">;
  #skipped = 0n;
  #lost = 0n;

  constructor(object: CountedObject, awaited: Pick<AwaitedNames, "rows">) {
    this.#object = object;
    this.#awaited = awaited;
  }

  /** Reads and clears the counts of a generation that is idle. */
  read(idle: Generation): ReadCounts {
    try {
      const drained = this.#object.drain(idle);
      return { drained: { ...drained, rows: this.#awaited.rows(drained.rows) }, ...this.#takeSkipped() };
    } catch (error) {
      return { fault: unreadable(error) };
    }
  }

  /** True if the kernel left out runs since the counts were read last. */
  get losesRuns(): boolean {
    return (this.#object.totals().lost ?? this.#lost) > this.#lost;
  }

  /** Takes the number of runs that the kernel skipped since the last call. */
  #takeSkipped(): Pick<ReadCounts, "skippedRuns" | "lostRuns"> {
    const { lost, skipped } = this.#object.totals();
    const since = {
      ...(skipped !== undefined && { skippedRuns: Number(skipped - this.#skipped) }),
      ...(lost !== undefined && { lostRuns: Number(lost - this.#lost) }),
    };
    this.#skipped = skipped ?? this.#skipped;
    this.#lost = lost ?? this.#lost;
    return since;
  }
}

/** Says that counts could not be read. */
export function unreadable(error: unknown): string {
  return `its counts could not be read: ${errorText(error)}`;
}
