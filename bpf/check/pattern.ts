/**
 * One step of a pattern over bytes. `star` takes any bytes, none included; `character` takes one UTF-8 character; `bytes` takes one byte
 * in any of the ranges, or where `except`, one character that is in none of them.
 */
export type PatternStep =
  | { readonly step: "star" }
  | { readonly step: "character" }
  | { readonly step: "bytes"; readonly ranges: readonly ByteRange[]; readonly except: boolean };

/** Both ends included. */
export type ByteRange = readonly [low: number, high: number];

/** A pattern that the whole of a string must match. */
export type Pattern = readonly PatternStep[];

/** Steps that a pattern may have besides stars: how far each of them got is a bit of a register, and the NUL takes one more. */
export const PATTERN_STEPS = 62;

export const STAR: PatternStep = { step: "star" };

export function stepsOf(pattern: Pattern): number {
  return pattern.filter(({ step }) => step !== "star").length;
}

/** Strings that hold a text anywhere. */
export function containing(text: string): Pattern {
  return [STAR, ...literally(text), STAR];
}

export function endingIn(text: string): Pattern {
  return [STAR, ...literally(text)];
}

/** The bytes of a text, one after the other. */
export function literally(text: string): readonly PatternStep[] {
  return [...new TextEncoder().encode(text)].map((byte) => ({ step: "bytes", ranges: [[byte, byte]], except: false }));
}

/** Whether a byte may follow the first one of a UTF-8 character. */
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
 * A pattern as an automaton whose states are the bits of a u64: bit n is set where n of its steps, stars not counted, have taken all
 * bytes up to here. A run begins with bit 0; each byte makes of the bits `state` the bits `((state & moves) << 1) | (state & stays)`.
 * The NUL is a step like others, and what follows it changes nothing any more: the whole string matches where `accepting` is set behind
 * its NUL, however far behind.
 */
export interface Automaton {
  /** by byte: of which bits the step that follows takes it */
  readonly moves: readonly bigint[];
  /** by byte: which bits stay set, because of a star, or because it continues the character that was taken */
  readonly stays: readonly bigint[];
  /** the number of the bit */
  readonly accepting: number;
}

const NUL: PatternStep = { step: "bytes", ranges: [[0, 0]], except: false };
/** What follows the NUL. */
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

/** Whether a string with its NUL matches: what the compiler's programs compute, for strings that are known. */
export function matches(pattern: Pattern, text: Uint8Array): boolean {
  const { moves, stays, accepting } = automatonOf(pattern);
  let state = 1n;
  for (const byte of text) state = ((state & (moves[byte] ?? 0n)) << 1n) | (state & (stays[byte] ?? 0n));
  return (state & (1n << BigInt(accepting))) !== 0n;
}
