import { isAbsence, NOTHING } from "./absence.ts";
import { attach } from "./link.ts";
import { ATTACH_TYPES } from "./program-type.ts";
import { loadProgram } from "./program.ts";

/**
 * True if the kernel attaches programs to the entries of its functions by trampolines. These are
 * fentry; 5.5 on x86-64, 6.0 on arm64, both with CONFIG_FUNCTION_TRACER and
 * CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS. It is found by attaching one to a function that does
 * nothing.
 *
 * @param btfId BTF id of such a function, for example `bpf_fentry_test1` (net/bpf/test_run.c)
 * @throws BpfError if the answer cannot be known, for example without CAP_BPF
 */
export function attachesTrampoline(btfId: number): boolean {
  try {
    using program = loadProgram({
      type: "tracing",
      name: "probe",
      license: "GPL",
      instructions: NOTHING,
      expectedAttachType: ATTACH_TYPES.trace_fentry,
      attachBtfId: btfId,
    });
    using _ = attach(program, { kind: "fentry" });
    return true;
  } catch (error) {
    return !isAbsence(error);
  }
}
