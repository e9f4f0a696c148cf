import type { ActionTraits } from "./flush-context.ts";
import type { Group, OpenAlert } from "./pipeline-state.ts";
import type { Targets } from "./routing.ts";

/**
 * Returns the actions that may have to be notified of an alert of the group, without those that no
 * longer exist.
 */
export function actionsOf(
  { key }: Group,
  alerts: readonly OpenAlert[],
  targets: ReadonlyMap<string, Targets>,
  traitsOf: (action: string) => ActionTraits | undefined,
): ReadonlyMap<string, ActionTraits> {
  const names = new Set<string>();
  for (const { id, notified, toNotify } of alerts) {
    for (const name of targets.get(id)?.get(key) ?? []) names.add(name);
    for (const [name, { group }] of notified) if (group === key) names.add(name);
    for (const [name, group] of toNotify) if (group === key) names.add(name);
  }
  const actions = new Map<string, ActionTraits>();
  for (const name of names) {
    const traits = traitsOf(name);
    if (traits !== undefined) actions.set(name, traits);
  }
  return actions;
}
