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

/** What values within values are lowered by; see values.ts. */
export interface ValueLowering {
  readonly scalar: (lowering: Lowering, scalar: Scalar) => Register;
  readonly branchFalse: (lowering: Lowering, test: Scalar, target: Label) => void;
}

/**
 * What a run knows of memory of the process that it could not read, in a program that reads any. Memory that is not resident cannot be read by
 * a program that must not wait for it, and would else be taken for "" or 0.
 */
export interface Unreadable {
  /** 1 where a read has failed since it was last asked for */
  readonly failed: Register;
  /** 1 where it is not known whether the event passes a filter */
  readonly unknown: Register;
  /** of a variable whose value was read from the process: 1 where that failed */
  readonly variables: Map<number, Register>;
}

/** Everything that lowering one program needs. */
export interface Lowering {
  readonly emitter: Emitter;
  readonly values: ValueLowering;
  readonly frame: StackFrame;
  readonly cache: ValueCache;
  readonly kernel: Kernel;
  readonly program: CheckedProgram;
  readonly layout: ObjectLayout;
  readonly needs: ObjectNeeds;
  /** whether the words of the context have types, by which the verifier judges each use */
  readonly hasTypedContext: boolean;
  /** where the program is attached */
  readonly attach: readonly AttachPoint[];
  /** the program's context, which is r1 at its start */
  readonly context: Register;
  readonly variables: Map<number, Register>;
  /** of those variables that are addresses of kept bytes: where these lie and how many they are */
  readonly kept: Map<number, { readonly place: Place; readonly bytes: number }>;
  /** absent where the program reads no memory of the process */
  readonly unreadable?: Unreadable | undefined;
  /** where a run goes on that finds no room to put a string together in; absent where the string itself says so */
  readonly noRoom?: Label | undefined;
  /** of memos that have been read */
  readonly memos: Map<number, MemoPlace>;
  /** functions that the program calls, by name */
  readonly functions: Map<string, OwnFunction>;
  /** where a run ends: r0 = 0; exit */
  readonly end: Label;
}

/** Where what is remembered of a key lies. */
export interface MemoPlace {
  readonly key: Place;
  /** 1 where a part of the key could not be read */
  readonly failed?: Register;
  /** the entry that was found; 0 where none was */
  readonly slot: Register;
}

/** A function of the program's own. */
export interface OwnFunction {
  readonly parameters: number;
  /** lowers what it does with its arguments, which are numbers; gives the register of its result */
  readonly body: (lowering: Lowering, args: readonly Register[]) => Register;
}

/** A byte in memory that a program may write. */
export interface Place {
  readonly base: Register;
  readonly offset: number;
}

export const onStack = (offset: number): Place => ({ base: FRAME, offset });

export const placeAfter = (place: Place, bytes: number): Place => ({ ...place, offset: place.offset + bytes });

/** Puts the address of a place into `target`, as an argument of a helper. */
export const addressOf =
  (lowering: Lowering, place: Place) =>
  (target: Register): void => {
    lowering.emitter.emit(alu(target, "=", place.base));
    if (place.offset !== 0) lowering.emitter.emit(alu(target, "+", immediate(place.offset)));
  };

/** Instructions that only run under a condition: what they compute is not known behind them. */
export const branch = (lowering: Lowering, body: () => void): void => {
  lowering.cache.scoped(body);
};

/** A block away from the hot path, entered at the returned label; `body` must leave it by a jump. */
export const coldBranch = (lowering: Lowering, hint: string, body: () => void): Label =>
  lowering.emitter.cold(hint, () => {
    lowering.cache.scoped(body);
  });
