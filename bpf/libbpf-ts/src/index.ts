/**
 * The package's public API: `import { createMap } from "libbpf-ts"`. Only this file lists all of
 * it.
 */
export { BpfError, type Operation } from "./bpf-error.ts";
export { loadBtf, type LoadedBtf } from "./btf.ts";
export { moduleBtf } from "./kernel-btf.ts";
export { probeFeature, type Feature } from "./feature.ts";
export { attach, type AttachOptions, type BpfLink, type LinkTarget } from "./link.ts";
export {
  deleteBatch,
  lookupAndDeleteBatch,
  lookupBatch,
  type Batch,
  type BatchBuffers,
  type BatchPosition,
} from "./map-batch.ts";
export { asksSecurityPrograms } from "./lsm-feature.ts";
export { mapMemory } from "./map-memory.ts";
export { MAP_FLAGS, MAP_TYPES, UPDATE_FLAGS, type MapType } from "./map-type.ts";
export { adoptMap, createMap, type BpfMap, type MapOptions } from "./map.ts";
export type { MappedMemory } from "./memory.ts";
export { MissingLibraryError } from "./missing-library-error.ts";
export { linkIds, mapIds, programIds } from "./object-ids.ts";
export { onlineCpus, possibleCpus } from "./cpus.ts";
export { countsMissedRuns, missedHits } from "./link-info.ts";
export { programInfo, type ProgramInfo } from "./program-info.ts";
export { ATTACH_TYPES, PROGRAM_TYPES, type ProgramType } from "./program-type.ts";
export {
  adoptProgram,
  loadProgram,
  verifyProgram,
  type BpfProgram,
  type ProgramOptions,
  type VerifierStatistics,
} from "./program.ts";
export { RingBuffer } from "./ring-buffer.ts";
export { RingPoller } from "./ring-poller.ts";
export { attachSampling, opensSampling, type SamplingEvent, type SamplingLink } from "./sampling.ts";
export { enableRunStatistics } from "./statistics.ts";
export { attachesTrampoline } from "./trampoline-feature.ts";
export { testRun, type TestRunOptions, type TestRunResult } from "./test-run.ts";
export type { UprobePlace } from "./uprobe-multi.ts";
export { VerifierError } from "./verifier-error.ts";
