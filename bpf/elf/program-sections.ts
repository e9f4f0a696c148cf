import type { AttachPoint } from "../check/checked-program.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { identifier } from "../compile/btf/object-types.ts";
import { ATTACH_TYPES } from "../libbpf-ts/src/program-type.ts";
import { piecesOf, type Piece } from "./pieces.ts";

/** A program at one attach point, or a function, in the section that has its name. */
export interface PlacedPiece {
  readonly symbol: string;
  readonly piece: Piece;
  /** offset in bytes from the start of the section */
  readonly offset: number;
}

export interface CodeSection {
  readonly name: string;
  readonly pieces: readonly PlacedPiece[];
  readonly bytes: number;
}

/** The section where libbpf looks for functions. */
const FUNCTIONS_SECTION = ".text";

/**
 * Returns the programs by section. From a section's name libbpf derives the attach point, one for
 * each section. So a program with several attach points is written once for each, unless one
 * section name covers them all. The functions are the same for all programs.
 */
export function codeSections(programs: readonly ProgramSpec[]): readonly CodeSection[] {
  const placed = programs.flatMap((spec) => {
    const [piece] = piecesOf(spec);
    const names = new Set(spec.attach.map((point) => sectionName(point, spec.expectedAttachType)));
    return [...names].map((name) => ({ piece, name }));
  });
  const functions = new Map(programs.flatMap((spec) => piecesOf(spec).slice(1)).map((piece) => [piece.name, piece]));
  const symbols = uniqueSymbols([...functions.keys(), ...placed.map(({ piece }) => piece.name)]);
  const all = [...[...functions.values()].map((piece) => ({ piece, name: FUNCTIONS_SECTION })), ...placed];
  const named = all.map((each, index) => ({ ...each, symbol: symbols[index] ?? "" }));
  return [...Map.groupBy(named, ({ name }) => name)].map(([name, members]) => {
    let bytes = 0;
    const pieces = members.map(({ piece, symbol }) => {
      const offset = bytes;
      bytes += piece.instructions.length;
      return { piece, symbol, offset };
    });
    return { name, pieces, bytes };
  });
}

/**
 * Section names as in libbpf's table (`section_defs` in src/libbpf.c), one record for each kind of
 * attach point.
 */
const SECTION_NAMES: {
  readonly [Kind in AttachPoint["kind"]]: (
    point: Extract<AttachPoint, { readonly kind: Kind }>,
    expectedAttachType: number,
  ) => string;
} = {
  tracepoint: ({ category, name }) => `tracepoint/${category}/${name}`,
  rawtracepoint: ({ name }) => `tp_btf/${name}`,
  syscall: ({ returns }) => `tp_btf/${returns ? "sys_exit" : "sys_enter"}`,
  "perf-event": () => "perf_event",
  kprobe: ({ function: name, module, offset, returns }, expectedAttachType) => {
    if (expectedAttachType === ATTACH_TYPES.trace_kprobe_multi)
      return `${returns ? "kretprobe" : "kprobe"}.multi/${name}`;
    const symbol = `${module === undefined ? "" : `${module}:`}${name}${offset === 0 ? "" : `+${offset}`}`;
    return `${returns ? "kretprobe" : "kprobe"}/${symbol}`;
  },
  trampoline: ({ function: name, returns }) => `${returns ? "fexit" : "fentry"}/${name}`,
  lsm: ({ hook }) => `lsm/${hook}`,
  usdt: ({ name, path, provider }) => `usdt/${path}:${provider}:${name}`,
  uprobe: ({ path, returns, symbol }) => `${returns ? "uretprobe" : "uprobe"}/${path}:${symbol}`,
};

function sectionName(point: AttachPoint, expectedAttachType: number): string {
  return (SECTION_NAMES[point.kind] as (each: AttachPoint, type: number) => string)(point, expectedAttachType);
}

function uniqueSymbols(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const symbol = identifier(name);
    const count = seen.get(symbol) ?? 0;
    seen.set(symbol, count + 1);
    return count === 0 ? symbol : `${symbol}__${String(count)}`;
  });
}
