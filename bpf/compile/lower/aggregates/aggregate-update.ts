import type { AggregateUpdate, Step } from "../../../check/checked-program.ts";
import type { Bytes, Scalar } from "../../../check/typed-expression.ts";
import { hashedBytes } from "../../hashed-bytes.ts";
import { immediate } from "../../instruction.ts";
import type { Label, Operand, Register } from "../../instruction.ts";
import type { AggregateLayout } from "../../object-spec.ts";
import { hashBytes } from "./hash.ts";
import type { Lowering } from "../lowering.ts";
import { readsUser } from "../unreadable.ts";
import { lowerOperand } from "../values.ts";

type AggregateStep = Extract<Step, { readonly do: "aggregate" }>;

const VALUES_AHEAD = 4;

/** An aggregate and its new value. */
export interface Update {
  readonly layout: AggregateLayout;
  /** throws for count(), which has no value, and if there are `bytes` */
  readonly value: () => Operand;
  readonly weight: () => Operand;
  /** true if the event may count more or less often than once */
  readonly isWeighted: boolean;
  readonly bytes?: Bytes;
  /** returns the hash of `bytes`; goes to `done` if there is no memory to hash them in */
  readonly hash: (done: Label) => Register;
}

/**
 * Returns the updates of a step. A few values are computed before the key, so that the context need
 * not outlive its lookup; many would fill the stack. Values that may be unreadable are always
 * computed first: they decide whether the event is counted at all.
 *
 * @param done where a run continues if it has no memory to compute a value in
 */
export function updatesOf(lowering: Lowering, { updates }: AggregateStep, done: Label): readonly Update[] {
  const few = updates.length <= VALUES_AHEAD;
  return updates.map((update) => {
    const { bytes, value, weight } = update;
    const layout = lowering.layout.aggregates[update.aggregate];
    if (layout === undefined) throw new Error(`aggregate ${String(update.aggregate)} is not declared`);
    const mayFail = (part: Scalar | Bytes | undefined): boolean => part !== undefined && readsUser(lowering, part);
    const once = <T>(isAhead: boolean, compute: () => T): (() => T) => {
      if (!isAhead) return compute;
      const computed = compute();
      return () => computed;
    };
    const hash = (otherwise: Label): Register => hashOf(lowering, update, layout, otherwise);
    const known = mayFail(bytes) ? hash(done) : undefined;
    return {
      layout,
      value: once(bytes === undefined && value !== undefined && (few || mayFail(value)), () =>
        given(layout, value && lowerOperand(lowering, value)),
      ),
      isWeighted: weight !== undefined,
      weight: once(few || mayFail(weight), () => (weight ? lowerOperand(lowering, weight) : immediate(1))),
      hash: (otherwise) => known ?? hash(otherwise),
      ...(bytes && { bytes }),
    };
  });
}

function hashOf(lowering: Lowering, { bytes }: AggregateUpdate, layout: AggregateLayout, done: Label): Register {
  if (bytes === undefined) throw new Error(`${layout.aggregate.function} has no bytes to hash`);
  return hashBytes(lowering, bytes, hashedBytes(lowering.program, lowering.layout.aggregates.indexOf(layout)), done);
}

function given({ aggregate }: AggregateLayout, value: Operand | undefined): Operand {
  if (value === undefined) throw new Error(`${aggregate.function} needs a value`);
  return value;
}
