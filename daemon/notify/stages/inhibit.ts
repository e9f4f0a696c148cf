import { matchesAll } from "../../matchers/matcher.ts";
import type { InhibitSettings } from "../../settings/notify-settings.ts";
import type { Labels } from "./alert-labels.ts";
import { held, passed, type Stage, type Verdict } from "./stage.ts";
import type { StageAlert } from "./subjects.ts";

/**
 * Holds alerts while another alert fires that inhibits them. Ahead of the tick it holds all that
 * could be inhibited: the alert that does so may be one that only the tick decides.
 */
export const inhibitStage = (inhibitor: () => Inhibitor): Stage<"alert"> => ({
  name: "inhibit",
  on: "alert",
  judge(alert, { isAhead = false }) {
    const verdict = inhibitor().judge(alert);
    const mayBeHeld = isAhead && alert.event.status === "firing" && inhibitor().isTarget(alert);
    return verdict.outcome === "passed" && mayBeHeld ? UNTIL_TICK : verdict;
  },
});

/**
 * The firing alerts that can inhibit others, by the labels that must be equal. It must be notified
 * of each change, and answers without a look at all alerts. The semantics are Alertmanager's: a
 * missing label equals an empty one; an alert that matches both sides of a rule is not inhibited by
 * another one that does so too, and so not by itself either.
 */
export class Inhibitor {
  readonly #rules: readonly RuleIndex[];

  constructor(settings: readonly InhibitSettings[]) {
    this.#rules = settings.map((rule) => ({ rule, sources: new Map(), keyOf: new Map() }));
  }

  /** Adds an alert that fires now, with these labels. */
  fires(id: string, labels: Labels): void {
    this.ends(id);
    for (const { rule, sources, keyOf } of this.#rules) {
      if (!matchesAll(rule.source, labels)) continue;
      const key = equalKey(rule, labels);
      const bucket = sources.get(key) ?? new Map<string, Source>();
      sources.set(key, bucket.set(id, { isTarget: matchesAll(rule.target, labels), name: labels["alertname"] ?? "" }));
      keyOf.set(id, key);
    }
  }

  /** Removes an alert that no longer fires. */
  ends(id: string): void {
    for (const { sources, keyOf } of this.#rules) {
      const key = keyOf.get(id);
      if (key === undefined) continue;
      keyOf.delete(id);
      const bucket = sources.get(key);
      bucket?.delete(id);
      if (bucket?.size === 0) sources.delete(key);
    }
  }

  /** True if an alert could be inhibited. */
  isTarget({ labels }: Pick<StageAlert, "labels">): boolean {
    return this.#rules.some(({ rule }) => matchesAll(rule.target, labels));
  }

  judge({ labels }: Pick<StageAlert, "labels">): Verdict {
    for (const { rule, sources } of this.#rules) {
      if (sources.size === 0 || !matchesAll(rule.target, labels)) continue;
      const isSource = matchesAll(rule.source, labels);
      const source = sources
        .get(equalKey(rule, labels))
        ?.values()
        .find(({ isTarget }) => !(isSource && isTarget));
      if (source !== undefined) return held(`inhibited while ${source.name} fires`);
    }
    return NOT_INHIBITED;
  }
}

const NOT_INHIBITED = passed("no alert that fires inhibits it");
const UNTIL_TICK = held("until the tick, which may find an alert that inhibits it");

interface RuleIndex {
  readonly rule: InhibitSettings;
  readonly sources: Map<string, Map<string, Source>>;
  readonly keyOf: Map<string, string>;
}

interface Source {
  /** true if it matches the target side, too */
  readonly isTarget: boolean;
  readonly name: string;
}

function equalKey({ equal }: InhibitSettings, labels: Labels): string {
  return JSON.stringify(equal.map((name) => labels[name] ?? ""));
}
