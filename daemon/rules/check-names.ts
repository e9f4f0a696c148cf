import type { Spelled } from "../../bpf/language/program-syntax.ts";
import { KEYWORDS } from "../../bpf/language/token.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { RESERVED_LABELS } from "../settings/reserved-labels.ts";
import { entriesOf, itemsOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlMap, YamlNode } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";

/** `instance` names the host. The settings may change it, a rule may not. */
const RESERVED: readonly string[] = [...RESERVED_LABELS, "instance"];

/** Checks that the names of a rule are unique, and that they are not reserved. */
export function checkNames(root: YamlMap): readonly Diagnostic[] {
  const columns = columnNames(valueOf(root, "by"));
  const labels = keysOf(valueOf(root, "labels"));
  return [
    ...[...labels, ...columns].filter((name) => RESERVED.includes(name.text)).map(reservedLabel),
    ...duplicates([...labels, ...columns], "label"),
    ...duplicates(aggregateNames(root), "signal"),
    ...expressionNames(root).flatMap(keyword),
  ];
}

/** Returns the names of `by`. A repeated item counts once, because the schema reports it. */
function columnNames(by: YamlNode | undefined): readonly Spelled[] {
  if (by?.kind !== "list") return keysOf(by);
  const items = scalarsOf(by);
  return items.filter(({ text }, index) => items.findIndex((item) => item.text === text) === index);
}

/** Returns the names of all aggregates. They share one namespace, which the threshold uses. */
function aggregateNames(root: YamlMap): readonly Spelled[] {
  return entriesOf(valueOf(root, "signals")).flatMap(({ key, value }) => {
    const aggregate = valueOf(value, "aggregate");
    return aggregate?.kind === "map" ? keysOf(aggregate) : [key];
  });
}

/** Returns the names that expressions can use. A keyword among them would be unreachable. */
function expressionNames(root: YamlMap): readonly Spelled[] {
  const signals = valueOf(root, "signals");
  const maps = [root, ...entriesOf(signals).map((entry) => entry.value)];
  const own = maps.flatMap((map) => ["with", "aggregate"].flatMap((key) => keysOf(valueOf(map, key))));
  const kept = entriesOf(valueOf(root, "state")).flatMap(({ value }) => scalarsOf(valueOf(value, "keep")));
  return [...own, ...kept, ...keysOf(signals), ...keysOf(valueOf(root, "let"))];
}

function scalarsOf(node: YamlNode | undefined): readonly Spelled[] {
  return itemsOf(node).flatMap((item) => (item.kind === "scalar" ? [{ text: item.text, span: item.span }] : []));
}

function keysOf(node: YamlNode | undefined): readonly Spelled[] {
  return entriesOf(node).map((entry) => entry.key);
}

const HELP_FOR_SEVERITY =
  'alerts get it from their threshold, "threshold: {critical: value > 10}": choose another name';

function reservedLabel(name: Spelled): Diagnostic {
  const help =
    name.text === "other"
      ? "keys beyond limits.keys are counted under it: choose another name"
      : "alerts and records set it themselves: choose another name";
  const isLevel = name.text === "severity" || name.text === "level";
  return error("reserved-name", `the label "${name.text}" is reserved`, name, isLevel ? HELP_FOR_SEVERITY : help);
}

function keyword(name: Spelled): readonly Diagnostic[] {
  if (!(KEYWORDS as readonly string[]).includes(name.text)) return [];
  return [
    error("reserved-name", `"${name.text}" is a keyword of the expression language`, name, "choose another name"),
  ];
}

function duplicates(names: readonly Spelled[], kind: string): readonly Diagnostic[] {
  const first = new Map<string, Spelled>();
  return names.flatMap((name) => {
    const earlier = first.get(name.text);
    if (earlier === undefined) first.set(name.text, name);
    if (earlier === undefined) return [];
    const related = [{ message: "it is first used here", span: earlier.span }];
    return [{ ...error("duplicate-name", `two ${kind}s have the name "${name.text}"`, name), related }];
  });
}

function error(code: RuleCode, message: string, name: Spelled, help?: string): Diagnostic {
  return errorAt(code, message, name.span, help);
}
