import type { Node } from "./random-rules-expression.ts";
import type { Kind } from "./random-rules-names.ts";
import { isNode, type RuleValue } from "./random-rules-rule.ts";

const SIMPLEST: Readonly<Record<Kind, string>> = {
  narrow: "pid",
  signed: 'cast(pid, "s64")',
  unsigned: "cgroup",
  boolean: "pid > 1",
  string: "comm",
  path: "cwd",
  address: "::1",
  time: "1ms",
  stack: "kstack",
  bytes: 'buf(cast(pid, "task_struct *"), 8)',
};

/** The least rule found that still fails: whatever can be left out or put more simply is. */
export async function shrink(rule: RuleValue, fails: (rule: RuleValue) => Promise<boolean>): Promise<RuleValue> {
  for (let best = rule; ;) {
    const smaller = await first(candidates(best), fails);
    if (smaller === undefined) return best;
    best = smaller;
  }
}

async function first(
  rules: readonly RuleValue[],
  fails: (rule: RuleValue) => Promise<boolean>,
): Promise<RuleValue | undefined> {
  for (const rule of rules) if (await fails(rule)) return rule;
  return undefined;
}

/** All values one step simpler. */
function candidates(value: RuleValue): readonly RuleValue[] {
  if (typeof value !== "object") return [];
  if (isNode(value)) return simplerNodes(value);
  if (Array.isArray(value)) {
    const items: readonly RuleValue[] = value;
    return [
      ...items.map((_, index) => items.toSpliced(index, 1)).filter(({ length }) => length > 0),
      ...items.flatMap((item, index) => candidates(item).map((simpler) => items.with(index, simpler))),
    ];
  }
  const map = value as { readonly [key: string]: RuleValue };
  return [
    ...Object.keys(map).map((key) => without(map, key)),
    ...Object.entries(map).flatMap(([key, inner]) => candidates(inner).map((simpler) => ({ ...map, [key]: simpler }))),
  ];
}

const without = (map: { readonly [key: string]: RuleValue }, key: string): RuleValue =>
  Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));

function simplerNodes(node: Node): readonly Node[] {
  const simplest: Node = { kind: node.kind, parts: [SIMPLEST[node.kind]] };
  const inner = node.parts.filter((part) => typeof part !== "string");
  const isAggregate = typeof node.parts[0] === "string" && /^(count|sum|min|max|avg|stddev)\(/.test(node.parts[0]);
  return [
    ...(isAggregate || node.parts[0] === simplest.parts[0] ? [] : [simplest]),
    ...(isAggregate ? [] : inner.filter(({ kind }) => kind === node.kind)),
    ...node.parts.flatMap((part, index) =>
      typeof part === "string"
        ? []
        : simplerNodes(part).map((simpler) => ({ ...node, parts: node.parts.with(index, simpler) })),
    ),
  ];
}
