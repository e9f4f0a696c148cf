import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { entriesOf, valueOf, type YamlMap } from "../yaml/yaml-node.ts";

/** A key of another program's rules. */
interface OtherKey {
  /** the key to write here */
  readonly help: string;
  /** the equivalent keys here; they are then not missing */
  readonly means: readonly string[];
}

const WHOLE = ["rule", "probe", "signals", "aggregate", "event"];
const FILE_OF_PROMETHEUS: OtherKey = {
  help: 'rules of Prometheus are about metrics: a rule here is a YAML document of its own, with "rule: NAME", "probe: PROBE", "aggregate: count()", "threshold: value > 10"',
  means: WHOLE,
};
const LEVEL: OtherKey = {
  help: 'the severity is a key of the threshold: "threshold: {critical: value > 10}"',
  means: [],
};
const CONDITION: OtherKey = {
  help: 'write "filter:" for a condition on events, "threshold:" for a condition of the alert',
  means: ["filter", "threshold"],
};

/** Keys of Prometheus, Alertmanager, Grafana and Falco with an equivalent here. */
const OTHER_KEYS: ReadonlyMap<string, OtherKey> = new Map([
  ["groups", FILE_OF_PROMETHEUS],
  ["rules", FILE_OF_PROMETHEUS],
  ["alert", { help: 'write "rule: NAME"', means: ["rule"] }],
  ["record", { help: 'write "rule: NAME": a rule without "threshold" is a metric', means: ["rule"] }],
  ["name", { help: 'write "rule: NAME"', means: ["rule"] }],
  ["title", { help: 'write "rule: NAME"', means: ["rule"] }],
  [
    "expr",
    {
      help: 'use "probe:" and "aggregate:" for the value, and "threshold:" for the comparison, such as "threshold: value > 10"',
      means: ["probe", "signals", "aggregate", "event", "threshold"],
    },
  ],
  [
    "annotations",
    { help: '"summary:", "description:" and "runbook:" are keys of the rule', means: ["summary", "description"] },
  ],
  ["annotation", { help: '"summary:", "description:" and "runbook:" are keys of the rule', means: ["summary"] }],
  ["runbook_url", { help: 'write "runbook: URL"', means: ["runbook"] }],
  ["keep_firing_for", { help: 'write "keep_firing: 5m"', means: ["keep_firing"] }],
  ["severity", LEVEL],
  ["level", LEVEL],
  ["priority", LEVEL],
  ["condition", CONDITION],
  ["where", CONDITION],
  ["desc", { help: 'write "description:"', means: ["description"] }],
  [
    "output",
    { help: 'write "summary:", or "event: {NAME: EXPRESSION}" for what is recorded', means: ["summary", "event"] },
  ],
  ["message", { help: 'write "summary:"', means: ["summary"] }],
  ["tags", { help: 'write "labels: {NAME: TEXT}"', means: ["labels"] }],
  [
    "group_by",
    {
      help: 'write "by: [NAME]"; how messages are grouped is "notify: {group_by: [...]}" of the settings',
      means: ["by"],
    },
  ],
  [
    "interval",
    { help: 'write "window: 1m"; how often rules are judged is "tick:" of the settings', means: ["window"] },
  ],
  ["range", { help: 'write "window: 5m"', means: ["window"] }],
  ["receiver", { help: 'write "action: NAME"', means: ["action"] }],
  ["notify", { help: 'write "action: NAME"', means: ["action"] }],
]);

/** Returns the equivalent keys of an unknown key; none if other programs do not have it. */
export function meantByOther(key: string): readonly string[] {
  return OTHER_KEYS.get(key)?.means ?? [];
}

const OTHER_LEVELS: ReadonlyMap<string, string> = new Map([
  ["warn", "warning"],
  ["notice", "info"],
  ...["page", "crit", "error", "fatal", "alert", "emergency", "high", "severe"].map(
    (name) => [name, "critical"] as const,
  ),
  ...["low", "minor", "ticket"].map((name) => [name, "warning"] as const),
  ...["ok", "resolved", "resolve", "recovery"].map((name) => [name, "clear"] as const),
]);

/** Finds other programs' names for the levels of a threshold. */
function otherLevels(root: YamlMap): readonly (readonly [number, OtherKey])[] {
  return entriesOf(valueOf(root, "threshold")).flatMap(({ key }) => {
    const level = OTHER_LEVELS.get(key.text);
    return level === undefined ? [] : [[key.span.start, { help: `write "${level}:"`, means: [level] }] as const];
  });
}

/**
 * Explains keys of other programs in the diagnostics, and drops those about keys that were meant
 * and are therefore not missing.
 */
export function explainOtherKeys(root: YamlMap, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const others = new Map([
    ...root.entries.flatMap(({ key }) => {
      const other = OTHER_KEYS.get(key.text);
      return other === undefined ? [] : [[key.span.start, other] as const];
    }),
    ...otherLevels(root),
  ]);
  if (others.size === 0) return diagnostics;
  const meant = new Set([...others.values()].flatMap(({ means }) => means));
  return diagnostics.flatMap((each) => {
    const other = each.code === "unknown-key" ? others.get(each.span.start) : undefined;
    if (other !== undefined) return [{ ...each, help: other.help }];
    const missing = each.code === "missing-key" ? [...each.message.matchAll(/"(\w+)"/g)] : [];
    return missing.some(([, key = ""]) => meant.has(key)) ? [] : [each];
  });
}
