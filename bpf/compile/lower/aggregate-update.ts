import type { AggregateUpdate, Step } from "../../check/checked-program.ts";
import type { Bytes } from "../../check/typed-expression.ts";
import { immediate } from "../instruction.ts";
import type { Operand } from "../instruction.ts";
import type { AggregateLayout } from "../object-spec.ts";
import type { Lowering } from "./lowering.ts";
import { lowerOperand } from "./values.ts";

type AggregateStep = Extract<Step, { readonly do: "aggregate" }>;

const VALUES_AHEAD = 4;

/** An aggregate and what is added to it. */
export interface Update {
  readonly layout: AggregateLayout;
  /** throws for count(), which has none, and where there are `bytes` */
  readonly value: () => Operand;
  readonly weight: () => Operand;
  readonly bytes?: Bytes;
}

/**
 * The updates of a step. Few values are computed ahead of the key, so that the context need not outlive its lookup; many would fill the
 * stack.
 */
export function updatesOf(lowering: Lowering, { updates }: AggregateStep): readonly Update[] {
  const compute = ({ value }: AggregateUpdate): Operand | undefined => value && lowerOperand(lowering, value);
  const computeWeight = ({ weight }: AggregateUpdate): Operand =>
    weight ? lowerOperand(lowering, weight) : immediate(1);
  const ahead = updates.length <= VALUES_AHEAD;
  return updates.map((update) => {
    const layout = lowering.layout.aggregates[update.aggregate];
    if (layout === undefined) throw new Error(`aggregate ${String(update.aggregate)} is not declared`);
    const early = ahead ? { value: compute(update), weight: computeWeight(update) } : undefined;
    return {
      layout,
      value: () => given(layout, early === undefined ? compute(update) : early.value),
      weight: () => early?.weight ?? computeWeight(update),
      ...(update.bytes && { bytes: update.bytes }),
    };
  });
}

function given({ aggregate }: AggregateLayout, value: Operand | undefined): Operand {
  if (value === undefined) throw new Error(`${aggregate.function} needs a value`);
  return value;
}
