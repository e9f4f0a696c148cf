import { BpfError, loadProgram, testRun } from "libbpf-ts";

/**
 * `r0 = bpf_get_current_pid_tgid(); r0 >>= 32; exit`
 * (Documentation/bpf/standardization/instruction-set.rst).
 */
const PROGRAM = Uint8Array.of(
  ...[0x85, 0, 0, 0, 14, 0, 0, 0],
  ...[0x77, 0, 0, 0, 32, 0, 0, 0],
  ...[0x95, 0, 0, 0, 0, 0, 0, 0],
);

/**
 * Returns the id of this process in the initial namespace, where programs see it. In a container
 * /proc does not show it, so a program is run here (1b4d60ec162f "bpf: Enable BPF_PROG_TEST_RUN for
 * raw_tracepoint", 5.10). If that is refused, both ids are taken to be the same.
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
