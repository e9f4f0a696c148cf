import { alu, immediate, jump, move } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { branch } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";

/** A loop whose rounds a verifier walks one by one. */
export interface Rounds {
  readonly rounds: number;
  /** how much the counter grows in a round */
  readonly step: number;
  /** cost of a round for a verifier: instructions, and jumps whose direction it does not know */
  readonly instructions: number;
  readonly jumps: number;
}

/**
 * Instructions and jumps after which a verifier stores a state to compare others with
 * (is_state_visited in kernel/bpf/verifier.c).
 */
const REMEMBERED_AFTER = { instructions: 8, jumps: 2 };

/**
 * Runs `body` with a counter from 0 on. It may leave the loop, or go to the next round. The code
 * after the loop runs after all rounds. Verifiers forget the states of a loop's head while they
 * walk its rounds, so they would walk the loop again for each way to it. Therefore enough
 * instructions come before the loop for them to store a state where no round passes.
 */
export function countedLoop(
  lowering: Lowering,
  { rounds, step, instructions, jumps }: Rounds,
  body: (counter: Register, nextRound: Label) => void,
): void {
  const { emitter } = lowering;
  lowering.needs.spend({ instructions: rounds * instructions, jumps: rounds * jumps });
  const [head, next] = [emitter.label("round"), emitter.label("next_round")];
  const counter = emitter.register();
  for (let count = 0; count < REMEMBERED_AFTER.instructions; count++) emitter.emit(move(counter, immediate(0)));
  // never taken, and verifiers know that
  for (let count = 0; count <= REMEMBERED_AFTER.jumps; count++) emitter.emit(jump(counter, "!=", immediate(0), next));
  emitter.place(head);
  branch(lowering, () => {
    body(counter, next);
  });
  emitter.place(next);
  emitter.emit(alu(counter, "+", immediate(step)), jump(counter, "<", immediate(rounds * step), head));
}
