import { bucketCount } from "../../buckets.ts";
import { R1, alu, immediate, jump, move, negate } from "../../instruction.ts";
import type { Label, Operand, Register } from "../../instruction.ts";
import { NEGATIVE_BUCKETS } from "../../log-linear.ts";
import { lowerConstant } from "../values/constant.ts";
import type { Update } from "./aggregate-update.ts";
import type { Lowering } from "../lowering.ts";
import { shiftBelow16 } from "../values/shift-below-16.ts";

/** Returns the bucket of an update's value: `bucketOf` (../buckets.ts) as instructions. */
export function bucketIndex(lowering: Lowering, update: Update): Register {
  const { aggregate } = update.layout;
  const value = lowering.emitter.copy(update.value());
  lowering.emitter.comment(`${aggregate.function} ${aggregate.name}: bucket`);
  return aggregate.steps === undefined ? logLinear(lowering, update, value) : linear(lowering, update, value);
}

function logLinear({ emitter }: Lowering, { layout }: Update, value: Register): Register {
  const { signed } = layout.aggregate;
  const rest = emitter.copy(value);
  const turnNegative = (register: Register): void => {
    const kept = emitter.label("not_negative");
    if (signed) emitter.emit(jump(value, "s>=", immediate(0), kept), negate(register));
    emitter.place(kept);
  };
  turnNegative(rest);
  const bucket = shiftBelow16(emitter, rest);
  emitter.emit(alu(bucket, "<<", immediate(3)), alu(bucket, "+", rest));
  turnNegative(bucket);
  if (signed) emitter.emit(alu(bucket, "+", immediate(NEGATIVE_BUCKETS)));
  return bucket;
}

function linear(lowering: Lowering, { layout }: Update, value: Register): Register {
  const { emitter } = lowering;
  const { signed, steps } = layout.aggregate;
  if (steps === undefined) throw new Error("linear_histogram has no steps");
  const constant = (number: bigint): Operand => lowerConstant(emitter, number);
  const [less, atLeast] = signed ? (["s<", "s>="] as const) : (["<", ">="] as const);
  const bucket = emitter.register();
  const done = emitter.label("bucket");
  emitter.emit(move(bucket, immediate(0)), jump(value, less, constant(steps.low), done));
  emitter.emit(move(bucket, immediate(bucketCount(layout.aggregate) - 1)));
  emitter.emit(jump(value, atLeast, constant(steps.high), done), move(bucket, value));
  emitter.emit(alu(bucket, "-", constant(steps.low)), alu(bucket, "/", constant(steps.step)));
  emitter.emit(alu(bucket, "+", immediate(1)));
  emitter.place(done);
  return bucket;
}

/**
 * Points r1 at a bucket of 8 bytes after `base`; `beyond` is never reached. The number stays in r1
 * from the bound to the use: old kernels forget what is known of a number that was in the stack
 * between.
 */
export function pointAtBucket(
  { emitter }: Lowering,
  { layout }: Update,
  base: Register,
  index: Register,
  beyond: Label,
): void {
  emitter.emit(move(R1, index), jump(R1, ">", immediate(bucketCount(layout.aggregate) - 1), beyond));
  emitter.emit(alu(R1, "<<", immediate(3)), alu(R1, "+", base));
}
