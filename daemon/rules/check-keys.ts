import { suggest } from "../../bpf/source/did-you-mean.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { YamlCode } from "../yaml/codes.ts";
import { entriesOf, entryOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlEntry, YamlMap } from "../yaml/yaml-node.ts";
import type { RuleCode } from "./codes.ts";
import { LEVELS } from "./levels.ts";
import { meantByOther } from "./other-keys.ts";

/** Keys that belong to a probe. In a rule with `signals` each signal has its own. */
const PROBE_KEYS = ["aggregate", "event", "filter", "with", "during", "set"];
/** The most unknown keys for which a suggestion is searched. */
const MAX_SUGGESTIONS = 100;
const THRESHOLD_KEYS = ["for", "keep_firing", "no_data", "mute", "evidence"];

/**
 * Checks the keys of one rule against each other. The schema says the same below `allOf`, for
 * editors.
 */
export function checkKeys(root: YamlMap, knownKeys: readonly string[]): readonly Diagnostic[] {
  const keys = meantKeys(root, knownKeys);
  return [
    ...checkSource(root, keys),
    ...checkMeasure(root, keys),
    ...checkLevels(root),
    ...THRESHOLD_KEYS.flatMap((key) => (keys.has("threshold") ? [] : withoutEffect(root, key, '"threshold"'))),
    ...(keys.has("event") ? [] : withoutEffect(root, "evidence", '"event"')),
  ];
}

/** Returns the keys of the rule, with misspelt ones corrected: a misspelt key is not missing. */
function meantKeys(root: YamlMap, knownKeys: readonly string[]): ReadonlySet<string> {
  const present = knownKeys.filter((key) => entryOf(root, key) !== undefined);
  const unknown = root.entries.filter((entry) => !knownKeys.includes(entry.key.text)).slice(0, MAX_SUGGESTIONS);
  return new Set([...present, ...unknown.flatMap(({ key }) => meantBy(key.text, knownKeys))]);
}

function meantBy(key: string, knownKeys: readonly string[]): readonly string[] {
  const others = meantByOther(key).filter((meant) => knownKeys.includes(meant));
  const near = suggest(key, knownKeys);
  return others.length > 0 || near === undefined ? others : [near];
}

function checkSource(root: YamlMap, keys: ReadonlySet<string>): readonly Diagnostic[] {
  const probe = entryOf(root, "probe");
  const signals = entryOf(root, "signals");
  if (probe !== undefined && signals !== undefined) return [conflict(probe, signals)];
  if (!keys.has("probe") && !keys.has("signals"))
    return [missing(root, '"probe" or "signals"', 'write where to count: "probe: tracepoint:CATEGORY:NAME"')];
  if (signals === undefined) return [];
  return PROBE_KEYS.flatMap((key) => {
    const entry = entryOf(root, key);
    return entry === undefined ? [] : [misplaced(entry, signals)];
  });
}

function conflict(a: YamlEntry, b: YamlEntry): Diagnostic {
  const [first, second] = a.key.span.start < b.key.span.start ? [a, b] : [b, a];
  return {
    ...error("conflicting-keys", `"${second.key.text}" cannot be used with "${first.key.text}"`, second),
    related: [{ message: `"${first.key.text}" is here`, span: first.key.span }],
    help: "a rule has one probe, or several signals with a probe each",
  };
}

function misplaced(entry: YamlEntry, signals: YamlEntry): Diagnostic {
  return {
    ...error("conflicting-keys", `"${entry.key.text}" cannot be used with "signals"`, entry),
    related: [{ message: '"signals" is here', span: signals.key.span }],
    help:
      entry.key.text === "event"
        ? "record events in a separate rule with one probe"
        : `write "${entry.key.text}" inside each signal`,
  };
}

function checkMeasure(root: YamlMap, keys: ReadonlySet<string>): readonly Diagnostic[] {
  if (keys.has("signals") || keys.has("aggregate")) return [];
  if (keys.has("event")) return withoutEffect(root, "by", '"aggregate"');
  return keys.has("probe")
    ? [
        missing(
          root,
          '"aggregate" or "event"',
          'write "aggregate: count()" to count, "event: {NAME: EXPRESSION}" to record',
        ),
      ]
    : [];
}

function checkLevels(root: YamlMap): readonly Diagnostic[] {
  const threshold = entryOf(root, "threshold");
  if (threshold?.value.kind !== "map") return [];
  const keys = meantKeys(threshold.value, [...LEVELS, "clear", "when"]);
  if (LEVELS.some((level) => keys.has(level))) return [];
  return [missing(threshold.value, '"info", "warning" or "critical"', 'write "warning: CONDITION"')];
}

function withoutEffect(root: YamlMap, key: string, needed: string): readonly Diagnostic[] {
  const entry = entryOf(root, key);
  if (entry === undefined || valueOf(root, key) === undefined) return [];
  const help = `remove "${key}", or add ${needed}`;
  return [{ ...error("key-without-effect", `"${key}" has no effect without ${needed}`, entry), help }];
}

function missing(map: YamlMap, what: string, help: string): Diagnostic {
  const span = entriesOf(map)[0]?.key.span ?? map.span;
  return errorAt<YamlCode>("missing-key", `expected the key ${what}`, span, help);
}

function error(code: RuleCode, message: string, entry: YamlEntry): Diagnostic {
  return errorAt(code, message, entry.key.span);
}
