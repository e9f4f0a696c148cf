import type { AggregateWindow } from "../window/aggregate-window.ts";
import { type Part, partOf } from "./fates.ts";
import type { Restart } from "./kept.ts";
import { AGGREGATES } from "./kept-state.ts";
import { object, type Shape, shaped } from "./shape.ts";

type Kind = AggregateWindow["kind"];
type WindowOf<Each extends Kind> = Extract<AggregateWindow, { readonly kind: Each }>;

// The table pairs each kind with its part, which the type system cannot follow through an index.
const PARTS = {
  additive: partOf<WindowOf<"additive">>()(AGGREGATES.additive, "counts"),
  extreme: partOf<WindowOf<"extreme">>()(AGGREGATES.extreme, "counts"),
  latest: partOf<WindowOf<"latest">>()(AGGREGATES.latest, "counts"),
  distribution: partOf<WindowOf<"distribution">>()(AGGREGATES.distribution, "counts"),
  distinct: partOf<WindowOf<"distinct">>()(AGGREGATES.distinct, "counts"),
} satisfies Record<Kind, unknown> as unknown as Readonly<Record<Kind, Part<object>>>;

const SHAPES = new Map<string, Shape<object>>(
  Object.entries(PARTS).map(([kind, { shapes }]) => [kind, object<object>(shapes)]),
);

/** Returns the saved form of the aggregate of a key. */
export function saveAggregate(window: AggregateWindow): object {
  return PARTS[window.kind].save(window);
}

/** Restores an aggregate that has seen nothing yet. Throws if the saved form has another shape. */
export function restoreAggregate(window: AggregateWindow, saved: unknown, restart: Restart): void {
  const shape = SHAPES.get(window.kind);
  if (shape !== undefined) PARTS[window.kind].restore(window, shaped(shape, saved), restart);
}
