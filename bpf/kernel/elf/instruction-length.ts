/**
 * Lengths of x86-64 instructions in 64-bit mode, and nothing else about them. Sources: Intel's
 * manual, volume 2, chapter 2 (format) and appendix A (opcode maps); AMD's volume 3 for XOP and
 * 3DNow!.
 */

/**
 * The parts that follow an opcode, a letter for each: `m` a ModRM byte and its address; a number of
 * `b` 1, `w` 2, `d` 4 bytes, `z` 4 or 2 with the prefix 66, `v` the same or 8 with REX.W, `a` 8 or
 * 4 with the prefix 67; `B` and `Z` a number that only the first two of the eight instructions with
 * this opcode have (group 3: test); `S` two bytes with the prefix 66 or F2 (extrq and insertq of
 * SSE4a).
 */
type Shape = string;

/**
 * The shapes of a map of opcodes, as ranges. An opcode outside all ranges is not an instruction.
 */
type OpcodeMap = readonly (readonly [first: number, last: number, shape: Shape])[];

/** The first eight rows repeat: two operands (ModRM), the accumulator with a number. */
const ARITHMETIC: OpcodeMap = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38].flatMap((row): OpcodeMap => [
  [row, row + 3, "m"],
  [row + 4, row + 4, "b"],
  [row + 5, row + 5, "z"],
]);

const ONE_BYTE: OpcodeMap = [
  ...ARITHMETIC,
  [0x50, 0x5f, ""],
  [0x63, 0x63, "m"],
  [0x68, 0x68, "z"],
  [0x69, 0x69, "mz"],
  [0x6a, 0x6a, "b"],
  [0x6b, 0x6b, "mb"],
  [0x6c, 0x6f, ""],
  [0x70, 0x7f, "b"],
  [0x80, 0x80, "mb"],
  [0x81, 0x81, "mz"],
  [0x83, 0x83, "mb"],
  [0x84, 0x8f, "m"],
  [0x90, 0x99, ""],
  [0x9b, 0x9f, ""],
  [0xa0, 0xa3, "a"],
  [0xa4, 0xa7, ""],
  [0xa8, 0xa8, "b"],
  [0xa9, 0xa9, "z"],
  [0xaa, 0xaf, ""],
  [0xb0, 0xb7, "b"],
  [0xb8, 0xbf, "v"],
  [0xc0, 0xc1, "mb"],
  [0xc2, 0xc2, "w"],
  [0xc3, 0xc3, ""],
  [0xc6, 0xc6, "mb"],
  [0xc7, 0xc7, "mz"],
  [0xc8, 0xc8, "wb"],
  [0xc9, 0xc9, ""],
  [0xca, 0xca, "w"],
  [0xcb, 0xcc, ""],
  [0xcd, 0xcd, "b"],
  [0xcf, 0xcf, ""],
  [0xd0, 0xd3, "m"],
  [0xd7, 0xd7, ""],
  [0xd8, 0xdf, "m"],
  [0xe0, 0xe7, "b"],
  [0xe8, 0xe9, "d"],
  [0xeb, 0xeb, "b"],
  [0xec, 0xef, ""],
  [0xf1, 0xf1, ""],
  [0xf4, 0xf5, ""],
  [0xf6, 0xf6, "mB"],
  [0xf7, 0xf7, "mZ"],
  [0xf8, 0xfd, ""],
  [0xfe, 0xff, "m"],
];

const AFTER_0F: OpcodeMap = [
  [0x00, 0x03, "m"],
  [0x05, 0x09, ""],
  [0x0b, 0x0b, ""],
  [0x0d, 0x0d, "m"],
  [0x0e, 0x0e, ""],
  [0x0f, 0x0f, "mb"],
  [0x10, 0x23, "m"],
  [0x28, 0x2f, "m"],
  [0x30, 0x35, ""],
  [0x37, 0x37, ""],
  [0x40, 0x6f, "m"],
  [0x70, 0x73, "mb"],
  [0x74, 0x76, "m"],
  [0x77, 0x77, ""],
  [0x78, 0x78, "mS"],
  [0x79, 0x7f, "m"],
  [0x80, 0x8f, "d"],
  [0x90, 0x9f, "m"],
  [0xa0, 0xa2, ""],
  [0xa3, 0xa3, "m"],
  [0xa4, 0xa4, "mb"],
  [0xa5, 0xa7, "m"],
  [0xa8, 0xaa, ""],
  [0xab, 0xab, "m"],
  [0xac, 0xac, "mb"],
  [0xad, 0xb9, "m"],
  [0xba, 0xba, "mb"],
  [0xbb, 0xc1, "m"],
  [0xc2, 0xc2, "mb"],
  [0xc3, 0xc3, "m"],
  [0xc4, 0xc6, "mb"],
  [0xc7, 0xc7, "m"],
  [0xc8, 0xcf, ""],
  [0xd0, 0xff, "m"],
];

const NO_IMMEDIATE: OpcodeMap = [[0x00, 0xff, "m"]];
const AN_IMMEDIATE: OpcodeMap = [[0x00, 0xff, "mb"]];

/** The map after 0F with a vector prefix: all opcodes except vzeroupper (77) have a ModRM byte. */
const VECTOR_0F: OpcodeMap = [
  [0x00, 0x6f, "m"],
  [0x70, 0x73, "mb"],
  [0x74, 0x76, "m"],
  [0x77, 0x77, ""],
  [0x78, 0xc1, "m"],
  [0xc2, 0xc2, "mb"],
  [0xc3, 0xc3, "m"],
  [0xc4, 0xc6, "mb"],
  [0xc7, 0xff, "m"],
];

/**
 * Maps of the prefixes VEX (C4, C5), EVEX (62) and XOP (8F) by their number. Other numbers are
 * newer than this table.
 */
const VECTOR_MAPS: Readonly<Record<number, OpcodeMap>> = {
  1: VECTOR_0F,
  2: NO_IMMEDIATE,
  3: AN_IMMEDIATE,
  5: NO_IMMEDIATE,
  6: NO_IMMEDIATE,
  8: AN_IMMEDIATE,
  9: NO_IMMEDIATE,
  10: [[0x00, 0xff, "md"]],
};

const LEGACY_PREFIXES: ReadonlySet<number> = new Set([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
]);
/** bytes; the processor refuses longer ones */
export const LONGEST = 15;

interface Prefixes {
  readonly at: number;
  /** prefixes that were found: 66, 67, F2 and others */
  readonly seen: ReadonlySet<number>;
  /** value of the REX byte just before the opcode, 0 without one */
  readonly rex: number;
}

interface Opcode {
  readonly map: OpcodeMap;
  readonly byte: number;
  /** position after the opcode */
  readonly at: number;
}

/**
 * Returns the length in bytes of the instruction at `start`. Returns undefined if it is not known:
 * not an instruction, one newer than these tables (APX), or one that continues after the end of the
 * code.
 */
export function instructionLength(code: Uint8Array, start: number): number | undefined {
  const prefixes = readPrefixes(code, start);
  const opcode = readOpcode(code, prefixes.at);
  const shape = opcode?.map.find(([first, last]) => opcode.byte >= first && opcode.byte <= last)?.[2];
  if (opcode === undefined || shape === undefined) return undefined;
  const modrm = code[opcode.at] ?? 0;
  const end = shape.split("").reduce((at, part) => at + partBytes(part, code, at, modrm, prefixes), opcode.at);
  return end - start <= LONGEST && end <= code.length ? end - start : undefined;
}

/** Reads the prefixes. A REX byte counts only if the opcode follows it. */
function readPrefixes(code: Uint8Array, start: number): Prefixes {
  const seen = new Set<number>();
  let [at, rex] = [start, 0];
  for (; at < code.length; at++) {
    const byte = code[at] ?? 0;
    const isRex = byte >> 4 === 4;
    if (!isRex && !LEGACY_PREFIXES.has(byte)) break;
    rex = isRex ? byte : 0;
    if (!isRex) seen.add(byte);
  }
  return { at, seen, rex };
}

function readOpcode(code: Uint8Array, at: number): Opcode | undefined {
  const [first = 0, second = 0, third = 0] = code.subarray(at, at + 3);
  if (first === 0x0f) return readEscaped(code, at);
  // A pop (8F) has zeros in the bits where an XOP map has a number of 8 or more.
  const isXop = first === 0x8f && (second & 0x1f) >= 8;
  if (first === 0xc5) return { map: VECTOR_0F, byte: third, at: at + 3 };
  if (first === 0xc4 || isXop) return vectorOpcode(second & 0x1f, code, at + 3);
  if (first === 0x62) return vectorOpcode(second & 7, code, at + 4);
  return { map: ONE_BYTE, byte: first, at: at + 1 };
}

function readEscaped(code: Uint8Array, at: number): Opcode {
  const [, second = 0, third = 0] = code.subarray(at, at + 3);
  if (second === 0x38) return { map: NO_IMMEDIATE, byte: third, at: at + 3 };
  if (second === 0x3a) return { map: AN_IMMEDIATE, byte: third, at: at + 3 };
  return { map: AFTER_0F, byte: second, at: at + 2 };
}

function vectorOpcode(number: number, code: Uint8Array, at: number): Opcode | undefined {
  const map = VECTOR_MAPS[number];
  return map && { map, byte: code[at] ?? 0, at: at + 1 };
}

function partBytes(part: string, code: Uint8Array, at: number, modrm: number, { seen, rex }: Prefixes): number {
  const short = seen.has(0x66) && (rex & 8) === 0;
  const isTest = ((modrm >> 3) & 7) < 2;
  const bytes: Readonly<Record<string, number>> = {
    m: addressBytes(code, at),
    b: 1,
    w: 2,
    d: 4,
    z: short ? 2 : 4,
    v: (rex & 8) === 0 ? (short ? 2 : 4) : 8,
    a: seen.has(0x67) ? 4 : 8,
    B: isTest ? 1 : 0,
    Z: isTest ? (short ? 2 : 4) : 0,
    S: seen.has(0x66) || seen.has(0xf2) ? 2 : 0,
  };
  return bytes[part] ?? 0;
}

/** Returns the length of a ModRM byte with its SIB byte and displacement. */
function addressBytes(code: Uint8Array, at: number): number {
  const [modrm = 0, sib = 0] = code.subarray(at, at + 2);
  const [mod, rm] = [modrm >> 6, modrm & 7];
  if (mod === 3) return 1;
  const hasSib = rm === 4;
  const base = hasSib ? sib & 7 : rm;
  const displacement = mod === 1 ? 1 : mod === 2 || base === 5 ? 4 : 0;
  return 1 + (hasSib ? 1 : 0) + displacement;
}
