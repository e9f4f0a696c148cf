import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { parseMatchers } from "../matchers/parse-matchers.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import { itemsOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./values/codes.ts";

/**
 * Checks `notify`, `route` and `inhibit` beyond the schema: matchers must parse, and actions must
 * exist.
 */
export function checkNotify(root: YamlNode, actions: readonly string[]): readonly Diagnostic[] {
  return [
    ...checkRoutes(valueOf(root, "route"), actions),
    ...itemsOf(valueOf(root, "inhibit")).flatMap((node) => [
      ...checkMatchers(valueOf(node, "source")),
      ...checkMatchers(valueOf(node, "target")),
    ]),
  ];
}

function checkRoutes(node: YamlNode | undefined, actions: readonly string[]): readonly Diagnostic[] {
  return itemsOf(node).flatMap((route) => [
    ...checkMatchers(valueOf(route, "match")),
    ...itemsOf(valueOf(route, "action")).flatMap((action) => checkAction(action, actions)),
    ...checkRoutes(valueOf(route, "routes"), actions),
  ]);
}

function checkMatchers(node: YamlNode | undefined): readonly Diagnostic[] {
  return itemsOf(node).flatMap((item) =>
    item.kind === "scalar" && item.value !== undefined ? parseMatchers(scalarText(item)).diagnostics : [],
  );
}

/** Checks that an action exists. */
export function checkAction(node: YamlNode, actions: readonly string[]): readonly Diagnostic[] {
  const name = textOf(node);
  if (name === undefined || actions.includes(name)) return [];
  const help = didYouMean(name, actions) ?? actionsHelp(actions);
  const code: SettingsCode = "no-such-action";
  return [{ code, severity: "error", message: `unknown action "${name}"`, span: node.span, help }];
}

/** Lists the existing actions. */
function actionsHelp(names: readonly string[]): string {
  return `the actions are ${names.map((name) => `"${name}"`).join(", ")}`;
}
