import { attach, ATTACH_TYPES, BpfError, type AttachOptions, type BpfMap, type BpfProgram } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import { placeOf } from "../compile/attach-kinds.ts";
import type { FusibleProgram } from "../compile/fuse/fuse-programs.ts";
import type { ProgramSpec } from "../compile/object-spec.ts";
import { attachMost } from "./attach-most.ts";
import { AttachRefused } from "./attach-refused.ts";
import type { Attachment, RefusedPoint } from "./attachment.ts";
import { CpuEvents } from "./cpu-events.ts";
import { FileProbes } from "./file-probes.ts";
import type { Fuser } from "./fused/fuser.ts";
import { KprobeLink } from "./kprobe-link.ts";
import { ModuleKprobe } from "./module-kprobe.ts";
import { RecordLink } from "./record-link.ts";

/** A point, and the cookie by which its program knows which point fired. */
interface Cookied<Point> extends AttachOptions {
  readonly point: Point;
}

/**
 * The ways to attach a program at one point or at several at once, and the user's spelling of the
 * point.
 */
interface Attacher<Point> {
  /**
   * Attaches to several points.
   *
   * @param points those to attach together, at least one; only one if `together` returns undefined
   */
  readonly attach: (
    program: BpfProgram,
    points: readonly [Cookied<Point>, ...Cookied<Point>[]],
    spec: ProgramSpec,
  ) => Attachment;
  /**
   * Returns a text that is equal for points to attach at once. A point without a text is attached
   * alone.
   */
  readonly together?: (point: Point, spec: ProgramSpec) => string | undefined;
  readonly spell: (point: Point) => string;
}

/**
 * One record for each kind of attach point. How programs for it are loaded is in
 * bpf/compile/attach-kinds.ts.
 */
const ATTACHERS: {
  readonly [Kind in AttachPoint["kind"]]: Attacher<Extract<AttachPoint, { readonly kind: Kind }>>;
} = {
  tracepoint: {
    attach: (program, [{ point, ...options }]) =>
      new RecordLink(attach(program, { kind: "tracepoint", id: point.id }, options)),
    spell: ({ category, name }) => `tracepoint:${category}:${name}`,
  },
  rawtracepoint: {
    attach: (program, [{ point }], { type }) =>
      type === "tracing"
        ? attach(program, { kind: "tp_btf" })
        : attach(program, { kind: "raw_tracepoint", name: point.name }),
    spell: ({ category, name }) =>
      category === undefined ? `rawtracepoint:${name}` : `tracepoint:${category}:${name}`,
  },
  syscall: {
    attach: (program) => attach(program, { kind: "tp_btf" }),
    together: () => "all",
    spell: ({ name }) => `tracepoint:syscalls:${name}`,
  },
  "perf-event": {
    attach: (program, [{ point }]) => new CpuEvents(program, point),
    spell: ({ name }) => name,
  },
  kprobe: {
    attach: attachKprobes,
    together: (_point, spec) => (isMulti(spec) ? "multi" : undefined),
    spell: ({ offset, returns, ...point }) =>
      `${returns ? "kretprobe" : "kprobe"}:${symbolOf(point)}${offset === 0 ? "" : `+${offset}`}`,
  },
  trampoline: {
    attach: (program, [{ point }]) => attach(program, { kind: point.returns ? "fexit" : "fentry" }),
    spell: ({ returns, ...point }) => `${returns ? "fexit" : "fentry"}:${symbolOf(point)}`,
  },
  lsm: {
    attach: (program) => attach(program, { kind: "lsm" }),
    spell: ({ hook }) => `lsm:${hook}`,
  },
  uprobe: {
    attach: (program, points, spec) => new FileProbes({ program, isMulti: isMulti(spec) }, points),
    together: ({ target }) => target,
    spell: ({ offset, path, returns, symbol }) =>
      `${returns ? "uretprobe" : "uprobe"}:${path}:${symbol}${offset === 0 ? "" : `+${offset}`}`,
  },
  usdt: {
    attach: (program, points, spec) => new FileProbes({ program, isMulti: isMulti(spec) }, points),
    together: ({ target }) => target,
    spell: ({ name, path, provider }) => `usdt:${path}:${provider}:${name}`,
  },
};

type KprobePoint = Extract<AttachPoint, { readonly kind: "kprobe" }>;

function attachKprobes(
  program: BpfProgram,
  points: readonly [Cookied<KprobePoint>, ...Cookied<KprobePoint>[]],
  spec: ProgramSpec,
): Attachment {
  const [{ point, ...options }] = points;
  const { module, offset, returns } = point;
  if (module !== undefined) return new ModuleKprobe(program, { ...point, module }, options);
  const symbol = symbolOf(point);
  if (!isMulti(spec)) {
    const target = returns ? ({ kind: "kretprobe", symbol } as const) : ({ kind: "kprobe", symbol, offset } as const);
    return new KprobeLink(attach(program, target, options));
  }
  const symbols = points.map((each) => symbolOf(each.point));
  const cookies = points.flatMap(({ cookie }) => cookie ?? []);
  const target = { kind: "kprobe_multi", symbols, returns, ...(cookies.length > 0 && { cookies }) } as const;
  return new KprobeLink(attach(program, target));
}

function isMulti({ expectedAttachType }: ProgramSpec): boolean {
  return (
    expectedAttachType === ATTACH_TYPES.trace_kprobe_multi || expectedAttachType === ATTACH_TYPES.trace_uprobe_multi
  );
}

/** Returns the symbol as kallsyms looks it up: `vfs_read`, `ext4:ext4_file_open`. */
function symbolOf({ function: name, module }: { readonly function: string; readonly module?: string }): string {
  return module === undefined ? name : `${module}:${name}`;
}

function recordOf(point: AttachPoint): Attacher<AttachPoint> {
  return ATTACHERS[point.kind] as Attacher<AttachPoint>;
}

/** The result of attaching a program to its points. */
export interface AttachedProgram {
  readonly attachments: readonly Attachment[];
  /** points that the kernel refused while it accepted others, or the single point of a program */
  readonly refused: readonly RefusedPoint[];
}

/**
 * Attaches a program at all its points. Throws AttachRefused if the kernel refuses for a reason
 * that is not one of the points.
 */
export function attachProgram(program: BpfProgram, spec: ProgramSpec, fusing?: Fusing): AttachedProgram {
  using made = new DisposableStack();
  const groups = [...groupsOf(spec)].map((group) => attachGroup(program, spec, group, made, fusing));
  made.move();
  return {
    attachments: groups.flatMap(({ attachments }) => attachments),
    refused: groups.flatMap(({ refused }) => refused),
  };
}

/** The programs of other rules at the same places. */
export interface Fusing {
  readonly fuser: Fuser;
  readonly mapNamed: (name: string) => BpfMap;
  /** see `Fusible` */
  readonly turn: number;
}

function attachGroup(
  program: BpfProgram,
  spec: ProgramSpec,
  group: Group,
  made: DisposableStack,
  fusing?: Fusing,
): AttachedProgram {
  const attachTo = (points: Group): Attachment => {
    const attachAlone = (own: BpfProgram, its: ProgramSpec): Attachment =>
      recordOf(points[0].point).attach(own, points, its);
    const place = placeOf(points[0].point);
    if (fusing === undefined || place === undefined || !isFusible(spec)) return attachAlone(program, spec);
    const { fuser, mapNamed, turn } = fusing;
    return fuser.attach({ place, turn, part: { spec, program, mapNamed }, attach: attachAlone });
  };
  try {
    const most = attachMost(group, (points) => made.use(attachTo(points)));
    const whole = most.refused.map(({ point: { point }, error }) => ({ point, error }));
    return { attachments: most.made, refused: [...whole, ...most.made.flatMap(({ refused = [] }) => refused)] };
  } catch (error) {
    if (error instanceof BpfError) throw new AttachRefused(spellPoint(group[0].point), error);
    throw error;
  }
}

const isFusible = (spec: ProgramSpec): spec is FusibleProgram => spec.part !== undefined;

type Group = readonly [Cookied<AttachPoint>, ...Cookied<AttachPoint>[]];

/** Returns the points to attach at once, in the order of the first point of each group. */
function groupsOf(spec: ProgramSpec): Iterable<Group> {
  const groups = new Map<string, [Cookied<AttachPoint>, ...Cookied<AttachPoint>[]]>();
  for (const [index, point] of spec.attach.entries()) {
    const cookie = spec.cookies?.[index];
    const cookied = { point, ...(cookie !== undefined && { cookie }) };
    const together = recordOf(point).together?.(point, spec);
    const key = together === undefined ? `alone ${index}` : `${point.kind} ${together}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cookied]);
    else group.push(cookied);
  }
  return groups.values();
}

/** Returns the probe as a rule names it. */
export function spellPoint(point: AttachPoint): string {
  return recordOf(point).spell(point);
}
