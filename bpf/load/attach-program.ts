import { attach, BpfError, type BpfLink, type BpfProgram } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { AttachRefused } from "./attach-refused.ts";

type Attacher<Kind extends AttachPoint["kind"]> = (
  program: BpfProgram,
  point: Extract<AttachPoint, { kind: Kind }>,
  spec: ProgramSpec,
) => BpfLink;

/** One record a kind of probe: how it is attached, and how users write it. */
const KINDS: {
  readonly [Kind in AttachPoint["kind"]]: {
    readonly attach: Attacher<Kind>;
    readonly spell: (point: Extract<AttachPoint, { kind: Kind }>) => string;
  };
} = {
  tracepoint: {
    attach: (program, { id }) => attach(program, { kind: "tracepoint", id }),
    spell: ({ category, name }) => `tracepoint:${category}:${name}`,
  },
  rawtracepoint: {
    attach: (program, { name }, { type }) =>
      type === "tracing" ? attach(program, { kind: "tp_btf" }) : attach(program, { kind: "raw_tracepoint", name }),
    spell: ({ name }) => `rawtracepoint:${name}`,
  },
  uprobe: {
    attach: (program, { path, fileOffset, returns }) =>
      attach(program, { kind: returns ? "uretprobe" : "uprobe", path, fileOffset }),
    spell: ({ path, symbol, returns }) => `${returns ? "uretprobe" : "uprobe"}:${path}:${symbol}`,
  },
};

/** Throws AttachRefused. */
export function attachProgram(program: BpfProgram, spec: ProgramSpec, point: AttachPoint): BpfLink {
  try {
    return (KINDS[point.kind].attach as Attacher<AttachPoint["kind"]>)(program, point, spec);
  } catch (error) {
    if (error instanceof BpfError) throw new AttachRefused(spellPoint(point), error);
    throw error;
  }
}

/** The probe as a rule would name it. */
export function spellPoint(point: AttachPoint): string {
  return (KINDS[point.kind].spell as (each: AttachPoint) => string)(point);
}
