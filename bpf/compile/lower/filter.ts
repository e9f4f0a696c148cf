import type { Scalar } from "../../check/typed-expression.ts";
import { alu, goTo, immediate, jump, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { forget } from "./values/forget.ts";
import { branch } from "./lowering.ts";
import type { Lowering } from "./lowering.ts";
import { clearFailed, readsUser, takeFailed } from "./unreadable.ts";
import { branchFalse } from "./values.ts";

/**
 * The truth of a condition whose parts may be unknown, by Kleene's logic; each register is 0 or 1.
 */
interface Truth {
  readonly certain: Register;
  readonly possible: Register;
}

/**
 * Ends the run if a condition is false. If it may be true, because memory of the process could not
 * be read, the run records that.
 */
export function lowerFilter(lowering: Lowering, condition: Scalar): void {
  const { emitter, unreadable } = lowering;
  if (unreadable === undefined || !readsUser(lowering, condition)) {
    branchFalse(lowering, condition, lowering.end);
    return;
  }
  const { certain, possible } = truthOf(lowering, condition);
  emitter.emit(jump(possible, "==", immediate(0), lowering.end));
  const unknown = emitter.copy(certain);
  emitter.emit(alu(unknown, "^", immediate(1)), alu(unreadable.unknown, "|", unknown));
}

function truthOf(lowering: Lowering, test: Scalar): Truth {
  if (!readsUser(lowering, test)) {
    const truth = bareTruth(lowering, test);
    return { certain: truth, possible: truth };
  }
  if (test.op === "not") {
    const { certain, possible } = truthOf(lowering, test.operand);
    return { certain: opposite(lowering, possible), possible: opposite(lowering, certain) };
  }
  return test.op === "and" || test.op === "or" ? joined(lowering, test) : leaf(lowering, test);
}

const opposite = ({ emitter }: Lowering, truth: Register): Register => {
  const other = emitter.copy(truth);
  emitter.emit(alu(other, "^", immediate(1)));
  return other;
};

/** Joins two sides. The right side is not evaluated if the left one decides. */
function joined(lowering: Lowering, test: Extract<Scalar, { readonly op: "and" | "or" }>): Truth {
  const { emitter } = lowering;
  const left = truthOf(lowering, test.left);
  const [certain, possible] = [emitter.copy(left.certain), emitter.copy(left.possible)];
  const decided = emitter.label("decided");
  if (test.op === "and") emitter.emit(jump(possible, "==", immediate(0), decided));
  else emitter.emit(jump(certain, "!=", immediate(0), decided));
  branch(lowering, () => {
    const right = truthOf(lowering, test.right);
    const operator = test.op === "and" ? "&" : "|";
    emitter.emit(alu(certain, operator, right.certain), alu(possible, operator, right.possible));
  });
  emitter.place(decided);
  for (const truth of [certain, possible]) forget(lowering, truth, immediate(1));
  return { certain, possible };
}

/** Evaluates a part. It is unknown if anything in it could not be read. */
function leaf(lowering: Lowering, test: Scalar): Truth {
  const { emitter } = lowering;
  clearFailed(lowering);
  const truth = bareTruth(lowering, test);
  const failed = takeFailed(lowering) ?? emitter.copy(immediate(0));
  const [certain, possible] = [emitter.copy(truth), emitter.copy(truth)];
  emitter.emit(alu(certain, "&", opposite(lowering, failed)), alu(possible, "|", failed));
  return { certain, possible };
}

function bareTruth(lowering: Lowering, test: Scalar): Register {
  const { emitter } = lowering;
  const truth = emitter.register();
  const [no, done] = [emitter.label("false"), emitter.label("done")];
  branch(lowering, () => {
    branchFalse(lowering, test, no);
  });
  emitter.emit(move(truth, immediate(1)), goTo(done));
  emitter.place(no);
  emitter.emit(move(truth, immediate(0)));
  emitter.place(done);
  forget(lowering, truth, immediate(1));
  return truth;
}
