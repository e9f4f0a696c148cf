import { createHash } from "node:crypto";
import type { RuleSyntax } from "./rule-syntax.ts";

/**
 * Returns a hash of a rule's meaning. Comments, white space, spelling of operators and place do not
 * change it. A reload keeps the counters and alerts of a rule with the same fingerprint.
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
 * Returns a hash of everything that decides when a rule's alerts fire, without their texts and
 * receivers. Saved state applies to any rule with the same hash.
 */
export function ruleMeaning(rule: RuleSyntax): string {
  const judged = Object.entries(rule).filter(([name]) => !PRESENTATION.has(name));
  return createHash("sha256")
    .update(JSON.stringify(Object.fromEntries(judged), meaning))
    .digest("hex");
}

/**
 * Drops spans, which are objects (a label may be called "source" too). JSON has no integers of 64
 * bits.
 */
function meaning(key: string, value: unknown): unknown {
  if (typeof value === "object" && (key === "source" || key === "span" || key.endsWith("Span"))) return undefined;
  return typeof value === "bigint" ? `${value}n` : value;
}
