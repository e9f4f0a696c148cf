import { attach, ATTACH_TYPES, BpfError, type AttachOptions, type BpfProgram } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { AttachRefused } from "./attach-refused.ts";
import type { Attachment } from "./attachment.ts";
import { CpuEvents } from "./cpu-events.ts";

/** How a program is attached at one point, and how users write the point. */
interface AttachKind<Point> {
  readonly attach: (program: BpfProgram, point: Point, spec: ProgramSpec, options: AttachOptions) => Attachment;
  readonly spell: (point: Point) => string;
  /** Attaches a program that was loaded for it at all its points at once; undefined for a program that was not. */
  readonly together?: (program: BpfProgram, spec: ProgramSpec, points: readonly Point[]) => Attachment | undefined;
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
  kprobe: {
    attach: (program, { offset, returns, ...point }, _spec, options) => {
      const symbol = symbolOf(point);
      const target = returns ? ({ kind: "kretprobe", symbol } as const) : ({ kind: "kprobe", symbol, offset } as const);
      return attach(program, target, options);
    },
    spell: ({ offset, returns, ...point }) =>
      `${returns ? "kretprobe" : "kprobe"}:${symbolOf(point)}${offset === 0 ? "" : `+${offset}`}`,
    together: (program, { cookies, expectedAttachType }, points) =>
      expectedAttachType === ATTACH_TYPES.trace_kprobe_multi
        ? attach(program, {
            kind: "kprobe_multi",
            symbols: points.map(symbolOf),
            returns: points.some(({ returns }) => returns),
            ...(cookies === undefined ? {} : { cookies }),
          })
        : undefined,
  },
  trampoline: {
    attach: (program, { returns }) => attach(program, { kind: returns ? "fexit" : "fentry" }),
    spell: ({ returns, ...point }) => `${returns ? "fexit" : "fentry"}:${symbolOf(point)}`,
  },
  uprobe: {
    attach: (program, { path, fileOffset, returns }, _spec, options) =>
      attach(program, { kind: returns ? "uretprobe" : "uprobe", path, fileOffset }, options),
    spell: ({ path, symbol, returns }) => `${returns ? "uretprobe" : "uprobe"}:${path}:${symbol}`,
  },
};

/** As kallsyms looks it up: `vfs_read`, `ext4:ext4_file_open`. */
function symbolOf({ function: name, module }: { readonly function: string; readonly module?: string }): string {
  return module === undefined ? name : `${module}:${name}`;
}

function recordOf(point: AttachPoint): AttachKind<AttachPoint> {
  return ATTACH_KINDS[point.kind] as AttachKind<AttachPoint>;
}

/** Attaches a program at all its points; `onAttached` is given each attachment as it is made. Throws AttachRefused. */
export function attachProgram(
  program: BpfProgram,
  spec: ProgramSpec,
  onAttached: (attachment: Attachment) => void,
): void {
  const [first] = spec.attach;
  const together =
    first === undefined ? undefined : refusing(first, () => recordOf(first).together?.(program, spec, spec.attach));
  if (together !== undefined) {
    onAttached(together);
    return;
  }
  for (const [index, point] of spec.attach.entries()) {
    const cookie = spec.cookies?.[index];
    onAttached(
      refusing(point, () => recordOf(point).attach(program, point, spec, cookie === undefined ? {} : { cookie })),
    );
  }
}

function refusing<Result>(point: AttachPoint, attaching: () => Result): Result {
  try {
    return attaching();
  } catch (error) {
    if (error instanceof BpfError) throw new AttachRefused(spellPoint(point), error);
    throw error;
  }
}

/** The probe as a rule would name it. */
export function spellPoint(point: AttachPoint): string {
  return recordOf(point).spell(point);
}
