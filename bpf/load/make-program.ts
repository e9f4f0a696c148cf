import { constants } from "node:os";
import {
  BpfError,
  createMap,
  loadProgram,
  moduleBtf,
  VerifierError,
  verifyProgram,
  type BpfMap,
  type BpfProgram,
  type LoadedBtf,
  type ProgramOptions,
  type VerifierStatistics,
} from "libbpf-ts";
import type { MapSpec, ProgramSpec } from "../compile/object-spec.ts";
import { ProgramRejected } from "./program-rejected.ts";
import { relocate } from "./relocate.ts";

/**
 * Compatible with the GPL, as bpf_probe_read_kernel and others require. The programs belong to the
 * rule, not to this package.
 */
const PROGRAM_LICENSE = "GPL";

/** Creates a map. Throws BpfError. */
export function makeMap(map: MapSpec, btf: LoadedBtf): BpfMap {
  const made = createMap({
    name: map.name,
    type: map.type,
    keyBytes: map.keyBytes,
    valueBytes: map.valueBytes,
    maxEntries: map.maxEntries,
    flags: map.flags,
    ...(map.btfValueType === 0
      ? {}
      : { btfFd: btf.fd, btfKeyTypeId: map.btfKeyType, btfValueTypeId: map.btfValueType }),
  });
  if (map.contents !== undefined) made.update(new Uint8Array(map.keyBytes), map.contents);
  return made;
}

/**
 * Loads a program. Throws ProgramRejected if the verifier refuses it, BpfError for anything else.
 */
export const makeProgram = (spec: ProgramSpec, fdOf: (map: string) => number, btf: LoadedBtf): BpfProgram =>
  given(spec, fdOf, btf, loadProgram);

/** Measures the verifier's work for a program, which is not kept. Throws as `makeProgram` does. */
export const measureProgram = (spec: ProgramSpec, fdOf: (map: string) => number, btf: LoadedBtf): VerifierStatistics =>
  given(spec, fdOf, btf, verifyProgram);

function given<Result>(
  spec: ProgramSpec,
  fdOf: (map: string) => number,
  btf: LoadedBtf,
  load: (options: ProgramOptions) => Result,
): Result {
  using target = spec.attachModule === undefined ? undefined : btfOfModule(spec.attachModule);
  try {
    return load({
      type: spec.type,
      name: spec.name,
      license: PROGRAM_LICENSE,
      instructions: relocate(spec, fdOf),
      expectedAttachType: spec.expectedAttachType,
      attachBtfId: spec.attachBtfId,
      ...(target === undefined ? {} : { attachBtfFd: target.fd }),
      btfFd: btf.fd,
      functionInfo: spec.functionInfo,
      lineInfo: spec.lineInfo,
    });
  } catch (error) {
    if (error instanceof VerifierError) throw new ProgramRejected(spec, error);
    throw error;
  }
}

/**
 * Returns the BTF of a module. Throws BpfError if the module was unloaded after its types were
 * read.
 */
function btfOfModule(module: string): LoadedBtf {
  const btf = moduleBtf(module);
  if (btf === undefined) throw new BpfError("BPF_*_GET_NEXT_ID", constants.errno.ENOENT, `module "${module}"`);
  return btf;
}
