import { automatonOf, type Pattern } from "../check/pattern.ts";
import { ProgramTooLarge } from "./program-too-large.ts";

/**
 * An automaton in the map of patterns: two u64 for each possible byte of a string, moves and stays.
 */
const PATTERN_ENTRY = 16;
const PATTERN_BYTES = 256 * PATTERN_ENTRY;

/** The cost of a verifier's walk of a loop: it walks every round. */
export interface VerifierCost {
  readonly instructions: number;
  /**
   * jumps whose direction it does not know: it stores the other way of each until it has reached
   * the end
   */
  readonly jumps: number;
}

/**
 * The limit of the cost of all loops of one program. Verifiers give up at a million instructions
 * and at 8,192 jumps in a row (BPF_COMPLEXITY_LIMIT_INSNS, BPF_COMPLEXITY_LIMIT_JMP_SEQ). The rest
 * is left for the other code of a rule.
 */
const LIMIT: VerifierCost = { instructions: 600_000, jumps: 6000 };

/** The requirements of a rule's programs on its maps, which show while they are lowered. */
export class ObjectNeeds {
  readonly #patterns = new Map<string, Pattern>();
  readonly #tables = new Map<string, number>();
  #syscalls = new Uint8Array();
  #scratchBytes = 0;
  #cost: VerifierCost = { instructions: 0, jumps: 0 };

  /** The room in an entry of `scratch` besides records and keys. */
  get scratchBytes(): number {
    return this.#scratchBytes;
  }

  scratch(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }

  /** Begins a program: each is verified separately. */
  beginProgram(): void {
    this.#cost = { instructions: 0, jumps: 0 };
  }

  /** Adds the cost of a loop. Throws ProgramTooLarge if loops get too expensive. */
  spend({ instructions, jumps }: VerifierCost): void {
    this.#cost = { instructions: this.#cost.instructions + instructions, jumps: this.#cost.jumps + jumps };
    if (this.#cost.instructions > LIMIT.instructions || this.#cost.jumps > LIMIT.jumps) {
      throw new ProgramTooLarge("the verifier's limit for comparing strings, searching strings and composing paths");
    }
  }

  /** Returns the start of a pattern's automaton in the map of patterns. */
  pattern(pattern: Pattern): number {
    const name = JSON.stringify(pattern);
    if (!this.#patterns.has(name)) this.#patterns.set(name, pattern);
    return PATTERN_BYTES * [...this.#patterns.keys()].indexOf(name);
  }

  /** The start of the last pattern's automaton. */
  get lastPattern(): number {
    return PATTERN_BYTES * (this.#patterns.size - 1);
  }

  /** Adds a table by system call number, and returns its start in the map of such tables. */
  syscalls(table: Uint16Array): number {
    const at = this.#syscalls.length;
    const known = this.#tables.get(table.join());
    if (known !== undefined) return known;
    this.#tables.set(table.join(), at);
    this.#syscalls = new Uint8Array([...this.#syscalls, ...new Uint8Array(table.buffer)]);
    return at;
  }

  /** The value of the map of tables by system call; empty if there are none. */
  get syscallBytes(): Uint8Array {
    return this.#syscalls;
  }

  /** Returns the value of the map of patterns; empty if there are none. */
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
