import { automatonOf, type Pattern } from "../check/pattern.ts";
import { ProgramTooLarge } from "./program-too-large.ts";

/** Of an automaton in the map of patterns: two u64 for each byte that a string may have, moves and stays. */
const PATTERN_ENTRY = 16;
const PATTERN_BYTES = 256 * PATTERN_ENTRY;

/** What a verifier's walk of a loop costs: it walks every round. */
export interface VerifierCost {
  readonly instructions: number;
  /** jumps of which it does not know where they go: it keeps the other way of each in mind until it has reached the end */
  readonly jumps: number;
}

/**
 * What the loops of one program may cost in all. Verifiers give up at a million instructions and at 8,192 jumps in a row
 * (BPF_COMPLEXITY_LIMIT_INSNS, BPF_COMPLEXITY_LIMIT_JMP_SEQ); the rest is left to what else a rule does.
 */
const LIMIT: VerifierCost = { instructions: 600_000, jumps: 6000 };

/** What the programs of a rule turn out to need of its maps while they are lowered. */
export class ObjectNeeds {
  readonly #patterns = new Map<string, Pattern>();
  readonly #tables = new Map<string, number>();
  #syscalls = new Uint8Array();
  #scratchBytes = 0;
  #cost: VerifierCost = { instructions: 0, jumps: 0 };

  /** Room in an entry of `scratch` beside what records and keys take. */
  get scratchBytes(): number {
    return this.#scratchBytes;
  }

  scratch(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }

  /** A program begins: each is verified for itself. */
  beginProgram(): void {
    this.#cost = { instructions: 0, jumps: 0 };
  }

  /** A loop. Throws ProgramTooLarge where loops get too costly. */
  spend({ instructions, jumps }: VerifierCost): void {
    this.#cost = { instructions: this.#cost.instructions + instructions, jumps: this.#cost.jumps + jumps };
    if (this.#cost.instructions > LIMIT.instructions || this.#cost.jumps > LIMIT.jumps) {
      throw new ProgramTooLarge("what a kernel takes of comparing and searching strings, and of walking paths");
    }
  }

  /** Where the automaton of a pattern begins in the map of patterns. */
  pattern(pattern: Pattern): number {
    const name = JSON.stringify(pattern);
    if (!this.#patterns.has(name)) this.#patterns.set(name, pattern);
    return PATTERN_BYTES * [...this.#patterns.keys()].indexOf(name);
  }

  /** Where the automaton of the last pattern begins. */
  get lastPattern(): number {
    return PATTERN_BYTES * (this.#patterns.size - 1);
  }

  /** Where a table by the number of a system call begins in the map of these. */
  syscalls(table: Uint16Array): number {
    const at = this.#syscalls.length;
    const known = this.#tables.get(table.join());
    if (known !== undefined) return known;
    this.#tables.set(table.join(), at);
    this.#syscalls = new Uint8Array([...this.#syscalls, ...new Uint8Array(table.buffer)]);
    return at;
  }

  /** The value of the map of tables by system call; empty where there are none. */
  get syscallBytes(): Uint8Array {
    return this.#syscalls;
  }

  /** The value of the map of patterns; empty where there are none. */
  patternBytes(): Uint8Array {
    const bytes = new Uint8Array(PATTERN_BYTES * this.#patterns.size);
    const view = new DataView(bytes.buffer);
    [...this.#patterns.values()].forEach((pattern, index) => {
      const { moves, stays } = automatonOf(pattern);
      for (let byte = 0; byte < 256; byte++) {
        const at = PATTERN_BYTES * index + PATTERN_ENTRY * byte;
        view.setBigUint64(at, moves[byte] ?? 0n, true);
        view.setBigUint64(at + 8, stays[byte] ?? 0n, true);
      }
    });
    return bytes;
  }
}
