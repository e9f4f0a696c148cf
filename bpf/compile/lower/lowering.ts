import type { AttachPoint, CheckedProgram } from "../../check/checked-program.ts";
import type { Scalar } from "../../check/typed-expression.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { FRAME, immediate, alu } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import type { Emitter } from "../ir.ts";
import type { ObjectNeeds } from "../needs.ts";
import type { ObjectLayout } from "../object-spec.ts";
import type { StackFrame } from "../stack-frame.ts";
import type { ValueCache } from "./values/value-cache.ts";

/** The functions that lower values within values; see values.ts. */
export interface ValueLowering {
  readonly scalar: (lowering: Lowering, scalar: Scalar) => Register;
  readonly branchFalse: (lowering: Lowering, test: Scalar, target: Label) => void;
}

/**
 * State about memory of the process that a run could not read, in a program that reads any. Memory
 * that is not resident cannot be read by a program that must not wait for it. Without this it would
 * count as "" or 0.
 */
export interface Unreadable {
  /** 1 if a read has failed since the last question */
  readonly failed: Register;
  /** 1 if it is not known whether the event passes a filter */
  readonly unknown: Register;
  /** for a variable whose value was read from the process: 1 if that failed */
  readonly variables: Map<number, Register>;
}

/** The state for lowering one program. */
export interface Lowering {
  readonly emitter: Emitter;
  readonly values: ValueLowering;
  readonly frame: StackFrame;
  readonly cache: ValueCache;
  readonly kernel: Kernel;
  readonly program: CheckedProgram;
  readonly layout: ObjectLayout;
  readonly needs: ObjectNeeds;
  /** true if the words of the context have types, by which the verifier judges each use */
  readonly hasTypedContext: boolean;
  /** true for a part of a fused program, which keeps values for all its parts: see shared-frame.ts */
  readonly isFused: boolean;
  /** the points where the program is attached */
  readonly attach: readonly AttachPoint[];
  /** the program's context, in r1 at its start */
  readonly context: Register;
  readonly variables: Map<number, Register>;
  /** place and size of the kept bytes, for variables that are addresses of such bytes */
  readonly kept: Map<number, { readonly place: MemoryPlace; readonly bytes: number }>;
  /** absent if the program reads no memory of the process */
  readonly unreadable?: Unreadable | undefined;
  /**
   * where a run continues if it finds no room to compose a string; absent if the string itself says
   * so
   */
  readonly noRoom?: Label | undefined;
  /** memos that have been read */
  readonly memos: Map<number, MemoPlace>;
  /** functions that the program calls, by name */
  readonly functions: Map<string, OwnFunction>;
  /** the end of a run: r0 = 0; exit */
  readonly end: Label;
}

/** The place of a key's remembered values. */
export interface MemoPlace {
  readonly key: MemoryPlace;
  /** 1 if a part of the key could not be read */
  readonly failed?: Register;
  /** the entry that was found, or 0 */
  readonly slot: Register;
  /** set where the values that a program uses or sets are known to be 0 */
  readonly isZero?: true;
}

/** A function of the program itself, not of the kernel. */
export interface OwnFunction {
  readonly parameters: number;
  /** lowers its body over its arguments, which are numbers; returns the register of its result */
  readonly body: (lowering: Lowering, args: readonly Register[]) => Register;
}

/** A byte in memory that a program may write. */
export interface MemoryPlace {
  readonly base: Register;
  readonly offset: number;
}

export const onStack = (offset: number): MemoryPlace => ({ base: FRAME, offset });

export const placeAfter = (place: MemoryPlace, bytes: number): MemoryPlace => ({
  ...place,
  offset: place.offset + bytes,
});

/** Puts the address of a place into `target`, as an argument of a helper. */
export const addressOf =
  (lowering: Lowering, place: MemoryPlace) =>
  (target: Register): void => {
    lowering.emitter.emit(alu(target, "=", place.base));
    if (place.offset !== 0) lowering.emitter.emit(alu(target, "+", immediate(place.offset)));
  };

/**
 * Emits instructions that run only under a condition: values that they compute are not known after
 * them.
 */
export const branch = (lowering: Lowering, body: () => void): void => {
  lowering.cache.scoped(body);
};

/**
 * Emits a block away from the hot path, entered at the returned label; `body` must leave it by a
 * jump.
 */
export const coldBranch = (lowering: Lowering, hint: string, body: () => void): Label =>
  lowering.emitter.cold(hint, () => {
    lowering.cache.scoped(body);
  });
