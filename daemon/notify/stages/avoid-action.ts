import type { Target } from "./route.ts";

/**
 * The targets without an action, for an alert which says that this action fails. Where no target
 * has another one, the first target gets `others`. None are left where there is only that one
 * action.
 */
export function withoutAction(
  targets: readonly Target[],
  avoided: string,
  others: readonly string[],
): readonly Target[] {
  const left = targets.map(({ route, actions }) => ({ route, actions: actions.filter((name) => name !== avoided) }));
  const taken = left.filter(({ actions }) => actions.length > 0);
  if (taken.length > 0) return taken;
  const actions = others.filter((name) => name !== avoided);
  return actions.length === 0 ? [] : left.slice(0, 1).map(({ route }) => ({ route, actions }));
}
