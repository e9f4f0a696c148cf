import { checked } from "./bpf-error.ts";
import { bpfProgramTestRun, options, TEST_RUN_OPTIONS } from "./libbpf.ts";
import type { BpfProgram } from "./program.ts";

export interface TestRunOptions {
  /** the context, if the program's type takes one: u64 arguments for raw tracepoints */
  readonly context?: Uint8Array;
  /** the packet, for types that work on one */
  readonly data?: Uint8Array;
  /** runs of the program; 1 if absent, and always 1 for raw tracepoints */
  readonly repeat?: number;
  /** the CPU to run on, for raw tracepoints */
  readonly cpu?: number;
}

export interface TestRunResult {
  /** what the program returned */
  readonly returned: number;
  /** the mean of a run, in nanoseconds; 0 for raw tracepoints */
  readonly durationNs: number;
}

/** BPF_F_TEST_RUN_ON_CPU */
const ON_CPU = 1;

/**
 * Runs a program once or more (BPF_PROG_TEST_RUN). The kernel supports packet types, raw
 * tracepoints (5.10) and `syscall`; others are ENOTSUPP or EINVAL. Throws BpfError.
 */
export function testRun(program: BpfProgram, run: TestRunOptions): TestRunResult {
  const fields = options(TEST_RUN_OPTIONS, {
    ...(run.context && { ctx_in: run.context, ctx_size_in: run.context.byteLength }),
    ...(run.data && { data_in: run.data, data_size_in: run.data.byteLength }),
    ...(run.cpu !== undefined && { cpu: run.cpu, flags: ON_CPU }),
    repeat: run.repeat ?? 0,
  }) as { retval: number; duration: number };
  checked("BPF_PROG_TEST_RUN", bpfProgramTestRun(program.fd, fields), `program "${program.name}"`);
  return { returned: fields.retval, durationNs: fields.duration };
}
