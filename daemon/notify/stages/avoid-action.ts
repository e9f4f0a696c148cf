import type { Target } from "./route.ts";

/**
 * Returns the targets without an action, for an alert which says that this action fails. If no
 * target has another action, the first target gets `others`. If there is only that one action, no
 * targets are left.
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
