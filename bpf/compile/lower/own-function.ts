import { negate } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import type { Lowering, OwnFunction } from "./lowering.ts";

/**
 * Calls an own function of the program and returns its result. Verifiers walk a global function
 * once, however often it is called, and take its result for any number (since 5.6, 51c39bb1d5d1
 * "bpf: Introduce function-by-function verification"). So code that is long to walk, such as loops
 * over strings, adds to the cost, but does not multiply it with the ways that lead to it. All
 * functions of one name are the same.
 */
export function callOwn(
  lowering: Lowering,
  name: string,
  args: readonly Register[],
  body: OwnFunction["body"],
): Register {
  lowering.functions.set(name, { parameters: args.length, body });
  return lowering.emitter.callOwn(name, ...args);
}

/**
 * Returns the same value as a number that a verifier does not know: a function takes no pointers
 * before 5.12. Negation is the only operation that it allows on any pointer, typed or possibly
 * null, and that leaves a number (check_alu_op in kernel/bpf/verifier.c).
 */
export function asNumber({ emitter }: Lowering, value: Register): Register {
  const number = emitter.copy(value);
  emitter.emit(negate(number), negate(number));
  return number;
}
