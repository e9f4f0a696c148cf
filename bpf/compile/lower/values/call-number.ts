import { sharedNumbers } from "../../../check/names/compat-syscalls.ts";
import type { Scalar } from "../../../check/typed-expression.ts";
import { R1, alu, immediate, jump, load, mapValue, move } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import { SYSCALLS_MAP } from "../../maps.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { lowerScalar } from "../values.ts";

type CallNumber = Extract<Scalar, { readonly op: "call-number" }>;

/** Returns the number of a system call. For a 32-bit call a table gives it. */
export function lowerCallNumber(lowering: Lowering, { operand, test }: CallNumber): Register {
  const { emitter, kernel, needs } = lowering;
  const number = emitter.copy(lowerScalar(lowering, operand));
  const known = emitter.label("call_known");
  const table = sharedNumbers(kernel.architecture);
  const at = needs.syscalls(table);
  branch(lowering, () => {
    emitter.emit(jump(lowerScalar(lowering, test), "==", immediate(0), known));
    const entries = emitter.register();
    emitter.emit(mapValue(entries, SYSCALLS_MAP, at));
    // in r1, from the bound to the use: see pointAtBucket
    emitter.emit(move(R1, number), jump(R1, ">", immediate(table.length - 1), known));
    emitter.emit(alu(R1, "<<", immediate(1)), alu(R1, "+", entries), load(2, number, R1, 0));
  });
  emitter.place(known);
  return number;
}
