import { createHash } from "node:crypto";
import type { RuleSyntax } from "./rule-syntax.ts";

/**
 * A hash of what a rule means: equal for rules that differ only in comments, white space, spelling of operators, or place. A
 * reload keeps the counters and alert states of a rule whose fingerprint stays.
 */
export function ruleFingerprint(rule: RuleSyntax): string {
  return createHash("sha256").update(JSON.stringify(rule, meaning)).digest("hex");
}

const PRESENTATION: ReadonlySet<string> = new Set<keyof RuleSyntax>([
  "description",
  "labels",
  "actions",
  "mute",
  "evidence",
  "summary",
  "runbook",
]);

/**
 * A hash of what decides when a rule's alerts fire: without what alerts say and where they go. State that was kept under it is of use to
 * every rule that has the same.
 */
export function ruleMeaning(rule: RuleSyntax): string {
  const judged = Object.entries(rule).filter(([name]) => !PRESENTATION.has(name));
  return createHash("sha256")
    .update(JSON.stringify(Object.fromEntries(judged), meaning))
    .digest("hex");
}

/** Drops places, which are objects (a label may be called "source" too); JSON has no integers of 64 bits. */
function meaning(key: string, value: unknown): unknown {
  if (typeof value === "object" && (key === "source" || key === "span" || key.endsWith("Span"))) return undefined;
  return typeof value === "bigint" ? `${value}n` : value;
}
