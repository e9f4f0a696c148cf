import { BpfError, loadProgram, testRun } from "libbpf-ts";

/** `r0 = bpf_get_current_pid_tgid(); r0 >>= 32; exit` (Documentation/bpf/standardization/instruction-set.rst). */
const PROGRAM = Uint8Array.of(
  ...[0x85, 0, 0, 0, 14, 0, 0, 0],
  ...[0x77, 0, 0, 0, 32, 0, 0, 0],
  ...[0x95, 0, 0, 0, 0, 0, 0, 0],
);

/**
 * The id of this process in the initial namespace, where programs see it. /proc does not tell it in a container, so a program is run here
 * (1b4d60ec162f "bpf: Enable BPF_PROG_TEST_RUN for raw_tracepoint", 5.10); where that is refused the id is taken for the same in both.
 */
export function ownTgid(): number {
  try {
    using program = loadProgram({ type: "raw_tracepoint", name: "own_tgid", license: "GPL", instructions: PROGRAM });
    return testRun(program, {}).returned;
  } catch (error) {
    if (error instanceof BpfError) return process.pid;
    throw error;
  }
}
