import type { AttachPoint } from "../check/checked-program.ts";
import { ATTACH_TYPES } from "../libbpf-ts/src/program-type.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramType } from "./object-spec.ts";

type PointOf<Kind extends AttachPoint["kind"]> = Extract<AttachPoint, { readonly kind: Kind }>;

/** The requirements on a program that is attached at points of one kind. */
interface AttachKind<Point> {
  readonly programType: ProgramType;
  /**
   * true if the verifier knows the types of the words of the context, and loads them as a whole
   * only (btf_ctx_access)
   */
  readonly typedContext: boolean;
  /**
   * true if the kernel leaves out a program while another program of this kind runs on the CPU:
   * `bpf_prog_active`, which trace_call_bpf and bpf_overflow_handler check. Such a program counts
   * its runs, to be compared with the missing ones. Programs of user space do not count: interrupts
   * do not make them lose events.
   */
  readonly countsRuns: boolean;
  /** Returns a text that is equal for points that can share one loaded program. */
  readonly sharing: (point: Point) => string;
  /** BPF_* of enum bpf_attach_type to load a program for these points with; 0 if absent */
  readonly expectedAttachType?: (points: readonly Point[], kernel: Kernel) => number;
  /** BTF id of the target to load the program for; 0 if absent */
  readonly attachBtfId?: (point: Point) => number;
  /** the module whose BTF has the target; the kernel itself if absent */
  readonly attachModule?: (point: Point) => string | undefined;
  /**
   * Returns a text that is equal for points whose programs run at the same events, in the same
   * context, and so can be parts of one program if `canShareProgram` of fuse/places.ts says so.
   * Absent if each program is attached alone.
   */
  readonly place?: (point: Point) => string;
  /** how a rule's probe `tracepoint:…` is attached, for points made from one */
  readonly tracepoint?: (point: Point) => TracepointAttach | undefined;
}

/** The way in which a probe `tracepoint:CATEGORY:NAME` is attached. */
export interface TracepointAttach {
  readonly probe: string;
  /**
   * `tp_btf`: as a raw tracepoint with typed arguments, from which the fields that the rule reads
   * are made; `perf`: with the record that the kernel makes for perf
   */
  readonly attach: "tp_btf" | "perf";
  /** why the record is needed */
  readonly because?: string;
}

/** The load parameters of a program, derived from the points that share it. */
export interface AttachTarget {
  readonly programType: ProgramType;
  readonly typedContext: boolean;
  readonly expectedAttachType: number;
  readonly attachBtfId: number;
  readonly attachModule?: string;
}

const always = (): string => "";
const typed = (btfId: number): string => `tp_btf ${String(btfId)}`;

/** A program with BTF of its target, whose context has types. */
const TRACING = { programType: "tracing", typedContext: true, countsRuns: false } as const;
const UNTYPED = { typedContext: false, countsRuns: false } as const;

/**
 * Returns the attach type for one link to many places: closing a link waits for RCU, and many
 * places take as long as one.
 */
function manyPlaces(points: readonly AttachPoint[], kernel: Kernel): number {
  return points.length > 1 && kernel.has("uprobe_multi") ? ATTACH_TYPES.trace_uprobe_multi : 0;
}

function isTogether({ module, offset }: PointOf<"kprobe">): boolean {
  return module === undefined && offset === 0;
}

/** One record for each kind of attach point. */
const ATTACH_KINDS: { readonly [Kind in AttachPoint["kind"]]: AttachKind<PointOf<Kind>> } = {
  tracepoint: {
    ...{ programType: "tracepoint", typedContext: false, countsRuns: true },
    sharing: always,
    place: ({ id }) => `tracepoint ${String(id)}`,
    tracepoint: ({ category, name, because }) => ({
      ...{ probe: `tracepoint:${category}:${name}`, attach: "perf" },
      ...(because !== undefined && { because }),
    }),
  },
  rawtracepoint: {
    ...TRACING,
    // The types of its arguments are part of the program.
    sharing: ({ name }) => name,
    expectedAttachType: () => ATTACH_TYPES.trace_raw_tp,
    attachBtfId: ({ btfId }) => btfId,
    place: ({ btfId }) => typed(btfId),
    tracepoint: ({ category, name }) =>
      category === undefined ? undefined : { probe: `tracepoint:${category}:${name}`, attach: "tp_btf" },
  },
  syscall: {
    ...TRACING,
    sharing: ({ returns }) => (returns ? "return" : "entry"),
    expectedAttachType: () => ATTACH_TYPES.trace_raw_tp,
    attachBtfId: ({ btfId }) => btfId,
    place: ({ btfId }) => typed(btfId),
    tracepoint: ({ name }) => ({ probe: `tracepoint:syscalls:${name}`, attach: "tp_btf" }),
  },
  kprobe: {
    ...{ programType: "kprobe", typedContext: false, countsRuns: true },
    // One link covers functions of the kernel itself. Functions of modules can go away, and single
    // instructions are attached alone.
    sharing: (point) => `${point.returns ? "return" : "entry"} ${isTogether(point) ? "together" : "alone"}`,
    expectedAttachType: (points, kernel) =>
      points.length > 1 && points.every(isTogether) && kernel.has("kprobe_multi") ? ATTACH_TYPES.trace_kprobe_multi : 0,
  },
  trampoline: {
    ...TRACING,
    sharing: ({ function: name, module, returns }) => `${module ?? ""} ${name} ${String(returns)}`,
    expectedAttachType: ([point]) => (point?.returns === true ? ATTACH_TYPES.trace_fexit : ATTACH_TYPES.trace_fentry),
    attachBtfId: ({ btfId }) => btfId,
    attachModule: ({ module }) => module,
  },
  lsm: {
    ...{ programType: "lsm", typedContext: true, countsRuns: false },
    sharing: ({ hook }) => hook,
    expectedAttachType: () => ATTACH_TYPES.lsm_mac,
    attachBtfId: ({ btfId }) => btfId,
  },
  uprobe: {
    ...{ programType: "kprobe", ...UNTYPED },
    // One link has either entries or returns.
    sharing: ({ returns }) => (returns ? "return" : "entry"),
    expectedAttachType: manyPlaces,
  },
  usdt: { programType: "kprobe", ...UNTYPED, sharing: always, expectedAttachType: manyPlaces },
  "perf-event": { programType: "perf_event", typedContext: false, countsRuns: true, sharing: always },
};

/** True if a program at these points counts its runs. */
export function countsRuns(points: readonly AttachPoint[]): boolean {
  return points.some((point) => recordOf(point).countsRuns);
}

/** Returns the place of a point, by which programs of several rules can become one. */
export function placeOf(point: AttachPoint): string | undefined {
  return recordOf(point).place?.(point);
}

/** Returns how the probes `tracepoint:…` of a rule are attached, each once. */
export function tracepointAttaches(points: readonly AttachPoint[]): readonly TracepointAttach[] {
  const found = points.flatMap((point) => recordOf(point).tracepoint?.(point) ?? []);
  return [...new Map(found.map((each) => [each.probe, each])).values()];
}

function recordOf(point: AttachPoint): AttachKind<AttachPoint> {
  return ATTACH_KINDS[point.kind] as AttachKind<AttachPoint>;
}

/**
 * Groups points by the program that they can share, in the order of the first point of each group.
 */
export function groupByProgram(points: readonly AttachPoint[]): readonly (readonly AttachPoint[])[] {
  return [...Map.groupBy(points, (point) => `${point.kind} ${recordOf(point).sharing(point)}`).values()];
}

/**
 * Returns how the program of these points is loaded.
 *
 * @param points that share a program, at least one
 */
export function targetOf(points: readonly AttachPoint[], kernel: Kernel): AttachTarget {
  const [first] = points;
  if (first === undefined) throw new Error("a program has at least one attach point");
  const { attachBtfId, attachModule, expectedAttachType, programType, typedContext } = recordOf(first);
  const module = attachModule?.(first);
  return {
    programType,
    typedContext,
    expectedAttachType: expectedAttachType?.(points, kernel) ?? 0,
    attachBtfId: attachBtfId?.(first) ?? 0,
    ...(module === undefined ? {} : { attachModule: module }),
  };
}
