import type { AttachPoint, CheckedProgram } from "../check/checked-program.ts";
import type { MapSpec } from "./object-spec.ts";
import { alignToWord } from "./stack-frame.ts";

/**
 * An array of one entry: the names of the points that programs ask for, in the order of their
 * cookies.
 */
export const PROBE_NAMES_MAP = "probe_names";

export interface ProbeNameTable {
  /** a point's index is its cookie */
  readonly points: readonly AttachPoint[];
  /** bytes from one point's names to the next one's */
  readonly stride: number;
  /** offset of a name among those of its point */
  readonly offset: { readonly probe: number; readonly func: number };
}

const encoder = new TextEncoder();

/**
 * Returns the names of all points of a rule that have any: each with a NUL, padded with zeros to
 * whole words.
 */
export function probeNameTable(program: CheckedProgram): ProbeNameTable {
  const points = program.programs.flatMap(({ attach }) => attach).filter(({ names }) => names !== undefined);
  const room = (which: "probe" | "func"): number =>
    alignToWord(Math.max(0, ...points.map(({ names }) => encoder.encode(names?.[which]).length + 1)));
  return { points, stride: room("probe") + room("func"), offset: { probe: 0, func: room("probe") } };
}

export function probeNamesMap({ points, stride, offset }: ProbeNameTable): MapSpec {
  const contents = new Uint8Array(points.length * stride);
  for (const [cookie, { names }] of points.entries()) {
    for (const which of ["probe", "func"] as const) {
      contents.set(encoder.encode(names?.[which] ?? ""), cookie * stride + offset[which]);
    }
  }
  return {
    name: PROBE_NAMES_MAP,
    type: "array",
    keyBytes: 4,
    valueBytes: contents.length,
    maxEntries: 1,
    flags: 0,
    btfKeyType: 0,
    btfValueType: 0,
    contents,
  };
}
