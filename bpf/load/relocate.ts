import type { ProgramSpec } from "../compile/object-spec.ts";

/**
 * Values of `src_reg` in a 64-bit immediate load (linux/bpf.h): they say what its immediate means.
 */
const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;

const INSTRUCTION_BYTES = 8;

/**
 * Returns the program's instructions with each map reference replaced by the descriptor that `fdOf`
 * gives for the map's name. The first slot of the load holds the descriptor in its immediate, the
 * second the offset into the value.
 */
export function relocate(program: ProgramSpec, fdOf: (map: string) => number): Uint8Array {
  const bytes = program.instructions.slice();
  const view = new DataView(bytes.buffer);
  for (const { instruction, map, kind, offset } of program.relocations) {
    const at = instruction * INSTRUCTION_BYTES;
    const destination = view.getUint8(at + 1) & 0x0f;
    const pseudo = kind === "map" ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
    view.setUint8(at + 1, destination | (pseudo << 4));
    view.setInt32(at + 4, fdOf(map), true);
    view.setInt32(at + INSTRUCTION_BYTES + 4, kind === "map" ? 0 : offset, true);
  }
  return bytes;
}
