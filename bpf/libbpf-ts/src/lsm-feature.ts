import { isAbsence } from "./absence.ts";
import { attach } from "./link.ts";
import { createMap, type BpfMap } from "./map.ts";
import { ATTACH_TYPES } from "./program-type.ts";
import { loadProgram } from "./program.ts";

/** Marks the element of the array: r1 = its value, *(u64 *)r1 = 1, return 0, which allows. */
const marks = (map: BpfMap): Uint8Array => {
  const fd = [...new Uint8Array(new Uint32Array([map.fd]).buffer)];
  return Uint8Array.of(
    ...[0x18, (PSEUDO_MAP_VALUE << 4) | 1, 0, 0, ...fd],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x7a, 0x01, 0, 0, 1, 0, 0, 0],
    ...[0xb7, 0, 0, 0, 0, 0, 0, 0],
    ...[0x95, 0, 0, 0, 0, 0, 0, 0],
  );
};
/** BPF_PSEUDO_MAP_VALUE of include/uapi/linux/bpf.h. */
const PSEUDO_MAP_VALUE = 2;

/**
 * True if the kernel runs BPF programs at its security hooks (BPF LSM; 5.7 on x86-64, 6.0 on arm64,
 * with CONFIG_BPF_LSM). A kernel that was booted without `bpf` among its security modules accepts
 * such programs and never runs them. So this attaches one to the hook of the system call bpf(2),
 * which reading the result calls.
 *
 * @param btfId BTF id of the function `bpf_lsm_bpf`
 * @throws BpfError if the answer cannot be known, for example without CAP_BPF
 */
export function asksSecurityPrograms(btfId: number): boolean {
  using map = createMap({ name: "probe", type: "array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
  try {
    using program = loadProgram({
      type: "lsm",
      name: "probe",
      license: "GPL",
      instructions: marks(map),
      expectedAttachType: ATTACH_TYPES.lsm_mac,
      attachBtfId: btfId,
    });
    using _ = attach(program, { kind: "lsm" });
    return map.lookup(new Uint8Array(4))?.[0] === 1;
  } catch (error) {
    return !isAbsence(error);
  }
}
