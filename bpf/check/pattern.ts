/**
 * One step of a pattern over bytes. `star` takes any number of bytes, also none. `character` takes
 * one UTF-8 character. `bytes` takes one byte in any of the ranges; with `except` it takes one
 * character in none of them.
 */
export type PatternStep =
  | { readonly step: "star" }
  | { readonly step: "character" }
  | { readonly step: "bytes"; readonly ranges: readonly ByteRange[]; readonly except: boolean };

/** Both ends are included. */
export type ByteRange = readonly [low: number, high: number];

/** A pattern that the whole of a string must match. */
export type Pattern = readonly PatternStep[];

/**
 * The most steps of a pattern without the stars. Each is a bit of a register, and the NUL takes one
 * more.
 */
export const PATTERN_STEPS = 62;

export const STAR: PatternStep = { step: "star" };

export function stepsOf(pattern: Pattern): number {
  return pattern.filter(({ step }) => step !== "star").length;
}

/** Returns a pattern for the strings that contain a text. */
export function containing(text: string): Pattern {
  return [STAR, ...literally(text), STAR];
}

export function endingIn(text: string): Pattern {
  return [STAR, ...literally(text)];
}

/** Returns a step for each byte of a text. */
export function literally(text: string): readonly PatternStep[] {
  return [...new TextEncoder().encode(text)].map((byte) => ({ step: "bytes", ranges: [[byte, byte]], except: false }));
}

/** True if a byte is a later byte of a UTF-8 character. */
function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

function accepts(step: PatternStep, byte: number): boolean {
  if (step.step === "star") return true;
  if (step.step === "character") return byte !== 0 && !isContinuation(byte);
  const within = step.ranges.some(([low, high]) => byte >= low && byte <= high);
  return step.except ? byte !== 0 && !within && !isContinuation(byte) : within;
}

/**
 * A pattern as an automaton whose states are the bits of a u64. Bit n is set if n of its steps,
 * stars not counted, have taken all bytes so far. A run begins with bit 0. Each byte turns the bits
 * `state` into `((state & moves) << 1) | (state & stays)`. The NUL is a step like others, and bytes
 * after it change nothing. So the whole string matches if `accepting` is set at any place after its
 * NUL.
 */
export interface Automaton {
  /** by byte: the bits whose next step takes it */
  readonly moves: readonly bigint[];
  /**
   * by byte: the bits that stay set, because of a star, or because the byte continues the last
   * character
   */
  readonly stays: readonly bigint[];
  /** the number of the bit that is set after a match */
  readonly accepting: number;
}

const NUL: PatternStep = { step: "bytes", ranges: [[0, 0]], except: false };
/** The step after the NUL. */
const END: PatternStep = { step: "star" };

export function automatonOf(pattern: Pattern): Automaton {
  const steps = [...pattern, NUL, END];
  const moves: bigint[] = [];
  const stays: bigint[] = [];
  for (let byte = 0; byte < 256; byte++) {
    let bit = 0n;
    let [move, stay] = [0n, 0n];
    for (const step of steps) {
      if (step.step === "star") {
        if (byte !== 0 || step === END) stay |= 1n << bit;
      } else {
        if (accepts(step, byte)) move |= 1n << bit;
        bit++;
        if (takesCharacters(step) && isContinuation(byte)) stay |= 1n << bit;
      }
    }
    moves.push(move);
    stays.push(stay);
  }
  return { moves, stays, accepting: stepsOf(steps) };
}

function takesCharacters(step: PatternStep): boolean {
  return step.step === "character" || (step.step === "bytes" && step.except);
}

/**
 * True if a string with its NUL matches: for known strings the same result as the compiler's
 * programs.
 */
export function matches(pattern: Pattern, text: Uint8Array): boolean {
  const { moves, stays, accepting } = automatonOf(pattern);
  let state = 1n;
  for (const byte of text) state = ((state & (moves[byte] ?? 0n)) << 1n) | (state & (stays[byte] ?? 0n));
  return (state & (1n << BigInt(accepting))) !== 0n;
}
