import type { AttachPoint } from "../check/checked-program.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { identifier } from "../compile/btf/object-types.ts";

/** A program at one attach point, within the section that is named for it. */
export interface PlacedProgram {
  readonly symbol: string;
  readonly spec: ProgramSpec;
  /** in bytes, from the start of the section */
  readonly offset: number;
}

export interface ProgramSection {
  readonly name: string;
  readonly programs: readonly PlacedProgram[];
  readonly bytes: number;
}

/**
 * Programs by section. libbpf finds from a section's name where to attach what is in it, one point a section; so a program with several
 * attach points is written once for each.
 */
export function programSections(programs: readonly ProgramSpec[]): readonly ProgramSection[] {
  const placed = programs.flatMap((spec) => spec.attach.map((point) => ({ spec, name: sectionName(point) })));
  const symbols = uniqueSymbols(placed.map(({ spec }) => spec.name));
  const sections = Map.groupBy(
    placed.map(({ spec, name }, index) => ({ spec, name, symbol: symbols[index] ?? "" })),
    ({ name }) => name,
  );
  return [...sections].map(([name, members]) => {
    let bytes = 0;
    const within = members.map(({ spec, symbol }) => {
      const offset = bytes;
      bytes += spec.instructions.length;
      return { spec, symbol, offset };
    });
    return { name, programs: within, bytes };
  });
}

/** As libbpf's table of section names has it (`section_defs` in src/libbpf.c), one record a kind of attach point. */
const SECTION_NAMES: {
  readonly [Kind in AttachPoint["kind"]]: (point: Extract<AttachPoint, { readonly kind: Kind }>) => string;
} = {
  tracepoint: ({ category, name }) => `tracepoint/${category}/${name}`,
  rawtracepoint: ({ name }) => `tp_btf/${name}`,
  "perf-event": () => "perf_event",
  kprobe: ({ function: name, module, offset, returns }) => {
    const symbol = `${module === undefined ? "" : `${module}:`}${name}${offset === 0 ? "" : `+${offset}`}`;
    return `${returns ? "kretprobe" : "kprobe"}/${symbol}`;
  },
  trampoline: ({ function: name, returns }) => `${returns ? "fexit" : "fentry"}/${name}`,
  usdt: ({ name, path, provider }) => `usdt/${path}:${provider}:${name}`,
  uprobe: ({ path, returns, symbol }) => `${returns ? "uretprobe" : "uprobe"}/${path}:${symbol}`,
};

function sectionName(point: AttachPoint): string {
  return (SECTION_NAMES[point.kind] as (each: AttachPoint) => string)(point);
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
