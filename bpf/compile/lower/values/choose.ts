import type { Scalar } from "../../../check/typed-expression.ts";
import { constantOf } from "../../fold.ts";
import { goTo } from "../../instruction.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { branchFalse } from "../values.ts";

/** Runs one of two bodies. A constant test leaves only one of them. */
export function choose(lowering: Lowering, test: Scalar, body: (chosen: boolean) => void): void {
  const { emitter } = lowering;
  const constant = constantOf(test);
  if (constant !== undefined) {
    body(constant !== 0n);
    return;
  }
  const otherwise = emitter.label("else");
  const done = emitter.label("done");
  branch(lowering, () => {
    branchFalse(lowering, test, otherwise);
    body(true);
  });
  emitter.emit(goTo(done));
  emitter.place(otherwise);
  branch(lowering, () => {
    body(false);
  });
  emitter.place(done);
}
