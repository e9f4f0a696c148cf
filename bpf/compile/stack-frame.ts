import { ProgramTooLarge } from "./program-too-large.ts";

/** The bytes that a BPF program may use below r10 (MAX_BPF_STACK in include/linux/filter.h). */
const STACK_BYTES = 512;

interface Hole {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Allocates the stack of one program, in places aligned to 8 bytes. Released places are used again.
 */
export class StackFrame {
  #used = 0;
  readonly #holes: Hole[] = [];

  /** Bytes below r10 that have ever been allocated. */
  get used(): number {
    return this.#used;
  }

  /** Returns the offset from r10 of a place of `bytes`. */
  allocate(bytes: number): number {
    const size = alignToWord(bytes);
    const index = this.#holes.findIndex((hole) => hole.bytes >= size);
    const hole = this.#holes[index];
    if (hole === undefined) return this.allocateFresh(bytes);
    this.#holes.splice(index, 1);
    if (hole.bytes > size) this.#holes.push({ offset: hole.offset + size, bytes: hole.bytes - size });
    return hole.offset;
  }

  /** Allocates a place that nothing else has ever had: its value survives any use of the others. */
  allocateFresh(bytes: number): number {
    this.#used += alignToWord(bytes);
    if (this.#used > STACK_BYTES) throw tooDeep();
    return -this.#used;
  }

  release(offset: number, bytes: number): void {
    this.#holes.push({ offset, bytes: alignToWord(bytes) });
  }

  /** Releases after `body` what it allocated. */
  scoped(body: () => void): void {
    const [holes, used] = [[...this.#holes], this.#used];
    body();
    const bytes = this.#used - used;
    this.#holes.splice(0, this.#holes.length, ...holes, ...(bytes === 0 ? [] : [{ offset: -this.#used, bytes }]));
  }

  /** Allocates a place that is only needed while `body` runs. */
  with<Result>(bytes: number, body: (offset: number) => Result): Result {
    const offset = this.allocate(bytes);
    const result = body(offset);
    this.release(offset, bytes);
    return result;
  }
}

export const alignToWord = (bytes: number): number => (bytes + 7) & ~7;

/**
 * Verifiers round each function's part up, as interpreters need it (check_max_stack_depth in
 * kernel/bpf/verifier.c).
 */
const ROUNDED_TO = 32;
const rounded = (bytes: number): number => Math.ceil(bytes / ROUNDED_TO) * ROUNDED_TO;

/**
 * Throws ProgramTooLarge if a program and the deepest function that it calls need more than the
 * limit.
 */
export function checkStack(programBytes: number, functionBytes: number): void {
  if (functionBytes > 0 && rounded(programBytes) + rounded(functionBytes) > STACK_BYTES) throw tooDeep();
}

const tooDeep = (): ProgramTooLarge => new ProgramTooLarge(`${String(STACK_BYTES)} bytes of stack`);
