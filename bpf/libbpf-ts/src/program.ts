import { Descriptor } from "./descriptor.ts";
import { loadError, loadWithLog, textOf, type LogRequest } from "./kernel-log.ts";
import { bpfProgramLoad, options, PROGRAM_LOAD_OPTIONS } from "./libbpf.ts";
import { objectName } from "./object-name.ts";
import { PROGRAM_TYPES, type ProgramType } from "./program-type.ts";

export interface ProgramOptions {
  readonly type: ProgramType;
  /** the kernel keeps its first 15 bytes */
  readonly name: string;
  /**
   * many tracing helpers need a license that is compatible with the GPL, such as `GPL` or `Dual
   * MIT/GPL`
   */
  readonly license: string;
  /** struct bpf_insn, 8 bytes each, with map descriptors filled in */
  readonly instructions: Uint8Array;
  /** ATTACH_TYPES */
  readonly expectedAttachType?: number;
  /** BTF id of the target, for `tracing` */
  readonly attachBtfId?: number;
  /** descriptor of the BTF that contains `attachBtfId` (`moduleBtf`), if that is not vmlinux */
  readonly attachBtfFd?: number;
  /** descriptor of loaded BTF, which `functionInfo` and `lineInfo` refer to */
  readonly btfFd?: number;
  /** struct bpf_func_info records */
  readonly functionInfo?: Uint8Array;
  readonly functionInfoRecordBytes?: number;
  /** struct bpf_line_info records */
  readonly lineInfo?: Uint8Array;
  readonly lineInfoRecordBytes?: number;
  /** BPF_F_* for programs */
  readonly flags?: number;
}

/** A program in the kernel. It lives as long as this handle or a link to it. */
export interface BpfProgram extends Disposable {
  /** Throws if the program is closed. */
  readonly fd: number;
  readonly name: string;
  readonly type: ProgramType;
}

/**
 * Loads a program (BPF_PROG_LOAD). Throws VerifierError if the verifier refuses it, BpfError for
 * anything else.
 */
export function loadProgram(load: ProgramOptions): BpfProgram {
  const fd = loadWithLog("BPF_PROG_LOAD", `program "${load.name}"`, (log) => loadOnce(load, log));
  return new KernelProgram(fd, load);
}

function loadOnce(load: ProgramOptions, log: LogRequest): number {
  return bpfProgramLoad(
    PROGRAM_TYPES[load.type],
    objectName(load.name),
    load.license,
    load.instructions,
    load.instructions.byteLength / INSTRUCTION_BYTES,
    options(PROGRAM_LOAD_OPTIONS, { ...target(load), ...debugInfo(load), ...logFields(log) }),
  );
}

/**
 * The verifier's statistics at the end of its log (print_verification_stats in
 * kernel/bpf/verifier.c).
 */
export interface VerifierStatistics {
  /**
   * instructions that it walked, each as often as it was walked; the limit is 1,000,000
   * (BPF_COMPLEXITY_LIMIT_INSNS)
   */
  readonly instructions: number;
  /** states that it stored, in all and at any one time */
  readonly states: number;
  readonly peakStates: number;
}

/** Lets the verifier check a program without keeping it. Throws as `loadProgram` does. */
export function verifyProgram(load: ProgramOptions): VerifierStatistics {
  const buffer = new Uint8Array(STATISTICS_BYTES);
  const fd = loadOnce(load, { level: STATISTICS, buffer });
  if (fd < 0) throw loadError("BPF_PROG_LOAD", -fd, `program "${load.name}"`, textOf(buffer));
  using _ = new KernelProgram(fd, load);
  const found = /processed (\d+) insns .* total_states (\d+) peak_states (\d+)/.exec(textOf(buffer));
  const [instructions = 0, states = 0, peakStates = 0] = found?.slice(1).map(Number) ?? [];
  return { instructions, states, peakStates };
}

/**
 * Returns a handle for a program whose descriptor came from elsewhere. The handle then owns the
 * descriptor.
 */
export function adoptProgram(fd: number, loaded: Pick<ProgramOptions, "name" | "type">): BpfProgram {
  return new KernelProgram(fd, loaded);
}

class KernelProgram implements BpfProgram {
  readonly name: string;
  readonly type: ProgramType;
  readonly #descriptor: Descriptor;

  constructor(fd: number, loaded: Pick<ProgramOptions, "name" | "type">) {
    this.name = loaded.name;
    this.type = loaded.type;
    this.#descriptor = new Descriptor(fd, `program "${loaded.name}"`);
  }

  get fd(): number {
    return this.#descriptor.fd;
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}

/** BPF_LOG_STATS of include/linux/bpf_verifier.h: the last lines of the log only. */
const STATISTICS = 4;
const STATISTICS_BYTES = 4096;

const INSTRUCTION_BYTES = 8;
/** The sizes of the structs since 5.0; newer kernels accept longer records too. */
const FUNCTION_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;

function target(load: ProgramOptions): Record<string, unknown> {
  return {
    expected_attach_type: load.expectedAttachType ?? 0,
    attach_btf_id: load.attachBtfId ?? 0,
    attach_btf_obj_fd: load.attachBtfFd ?? 0,
    prog_flags: load.flags ?? 0,
  };
}

function debugInfo(load: ProgramOptions): Record<string, unknown> {
  return {
    prog_btf_fd: load.btfFd ?? 0,
    ...records("func_info", load.functionInfo, load.functionInfoRecordBytes ?? FUNCTION_INFO_BYTES),
    ...records("line_info", load.lineInfo, load.lineInfoRecordBytes ?? LINE_INFO_BYTES),
  };
}

function records(field: string, bytes: Uint8Array | undefined, recordBytes: number): Record<string, unknown> {
  if (bytes === undefined || bytes.byteLength === 0) return {};
  return { [field]: bytes, [`${field}_cnt`]: bytes.byteLength / recordBytes, [`${field}_rec_size`]: recordBytes };
}

function logFields({ level, buffer }: LogRequest): Record<string, unknown> {
  return { log_level: level, log_buf: buffer, log_size: buffer?.byteLength ?? 0 };
}
