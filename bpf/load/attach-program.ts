import { attach, BpfError, type AttachOptions, type BpfProgram } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { AttachRefused } from "./attach-refused.ts";
import type { Attachment } from "./attachment.ts";
import { CpuEvents } from "./cpu-events.ts";

/** How a program is attached at one point, and how users write the point. */
interface AttachKind<Point> {
  readonly attach: (program: BpfProgram, point: Point, spec: ProgramSpec, options: AttachOptions) => Attachment;
  readonly spell: (point: Point) => string;
}

/** One record a kind of attach point; how programs for it are loaded is the compiler's (bpf/compile/attach-kinds.ts). */
const ATTACH_KINDS: {
  readonly [Kind in AttachPoint["kind"]]: AttachKind<Extract<AttachPoint, { readonly kind: Kind }>>;
} = {
  tracepoint: {
    attach: (program, { id }, _spec, options) => attach(program, { kind: "tracepoint", id }, options),
    spell: ({ category, name }) => `tracepoint:${category}:${name}`,
  },
  rawtracepoint: {
    attach: (program, { name }, { type }) =>
      type === "tracing" ? attach(program, { kind: "tp_btf" }) : attach(program, { kind: "raw_tracepoint", name }),
    spell: ({ name }) => `rawtracepoint:${name}`,
  },
  "perf-event": {
    attach: (program, point) => new CpuEvents(program, point),
    spell: ({ name }) => name,
  },
  uprobe: {
    attach: (program, { path, fileOffset, returns }, _spec, options) =>
      attach(program, { kind: returns ? "uretprobe" : "uprobe", path, fileOffset }, options),
    spell: ({ path, symbol, returns }) => `${returns ? "uretprobe" : "uprobe"}:${path}:${symbol}`,
  },
};

function recordOf(point: AttachPoint): AttachKind<AttachPoint> {
  return ATTACH_KINDS[point.kind] as AttachKind<AttachPoint>;
}

/** Attaches a program at all its points; `onAttached` is given each attachment as it is made. Throws AttachRefused. */
export function attachProgram(
  program: BpfProgram,
  spec: ProgramSpec,
  onAttached: (attachment: Attachment) => void,
): void {
  for (const [index, point] of spec.attach.entries()) {
    const cookie = spec.cookies?.[index];
    try {
      onAttached(recordOf(point).attach(program, point, spec, cookie === undefined ? {} : { cookie }));
    } catch (error) {
      if (error instanceof BpfError) throw new AttachRefused(spellPoint(point), error);
      throw error;
    }
  }
}

/** The probe as a rule would name it. */
export function spellPoint(point: AttachPoint): string {
  return recordOf(point).spell(point);
}
