import { checked } from "./bpf-error.ts";
import { bpfObjectInfo } from "./libbpf.ts";
import { addressOf } from "./native.ts";
import type { BpfProgram } from "./program.ts";

/** The kernel's facts about a program (struct bpf_prog_info). */
export interface ProgramInfo {
  readonly id: number;
  /** hash of the instructions, in hexadecimal */
  readonly tag: string;
  readonly name: string;
  /** bytes after the verifier's rewriting; 0 without the privilege to see it */
  readonly translatedBytes: number;
  /** bytes of machine code; 0 if it is interpreted */
  readonly jitedBytes: number;
  readonly mapIds: readonly number[];
  /** for all runs while statistics were on (`enableRunStatistics`) */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /**
   * runs that the kernel skipped because the program was running on that CPU; undefined before
   * 5.12, which does not count them
   */
  readonly recursionMisses: bigint | undefined;
}

/** Offsets in struct bpf_prog_info, which grows only at its end. */
const OFFSET = {
  id: 4,
  tag: 8,
  jitedBytes: 16,
  translatedBytes: 20,
  mapCount: 52,
  mapIds: 56,
  name: 64,
  runTimeNs: 192,
  runCount: 200,
  recursionMisses: 208,
  end: 216,
} as const;

const TAG_BYTES = 8;
const NAME_BYTES = 16;

/** Returns the facts about a program (BPF_OBJ_GET_INFO_BY_FD). Throws BpfError. */
export function programInfo(program: BpfProgram): ProgramInfo {
  const { view, filledBytes } = readInfo(program, () => {});
  return {
    id: view.getUint32(OFFSET.id, true),
    tag: bytesAt(view, OFFSET.tag, TAG_BYTES).toString("hex"),
    name: bytesAt(view, OFFSET.name, NAME_BYTES).toString("latin1").replace(/\0.*$/s, ""),
    translatedBytes: view.getUint32(OFFSET.translatedBytes, true),
    jitedBytes: view.getUint32(OFFSET.jitedBytes, true),
    mapIds: mapIds(program, view.getUint32(OFFSET.mapCount, true)),
    runTimeNs: view.getBigUint64(OFFSET.runTimeNs, true),
    runCount: view.getBigUint64(OFFSET.runCount, true),
    recursionMisses: filledBytes < OFFSET.end ? undefined : view.getBigUint64(OFFSET.recursionMisses, true),
  };
}

/** Returns the ids of its maps. The kernel fills an array of the caller, up to the given count. */
function mapIds(program: BpfProgram, count: number): readonly number[] {
  const ids = new Uint32Array(count);
  if (count === 0) return [];
  const { view } = readInfo(program, (info) => {
    info.setUint32(OFFSET.mapCount, count, true);
    info.setBigUint64(OFFSET.mapIds, addressOf(ids), true);
  });
  return [...ids.subarray(0, view.getUint32(OFFSET.mapCount, true))];
}

function readInfo(program: BpfProgram, prepare: (info: DataView) => void): { view: DataView; filledBytes: number } {
  const view = new DataView(new ArrayBuffer(OFFSET.end));
  const bytes = new Uint32Array([OFFSET.end]);
  prepare(view);
  checked("BPF_OBJ_GET_INFO_BY_FD", bpfObjectInfo(program.fd, view, bytes), `program "${program.name}"`);
  return { view, filledBytes: bytes[0] ?? 0 };
}

function bytesAt(view: DataView, offset: number, length: number): Buffer {
  return Buffer.from(view.buffer, offset, length);
}
