import type { Level } from "./rule-syntax.ts";

/** The severities of an alert, from the lowest to the highest. */
export const LEVELS: readonly Level[] = ["info", "warning", "critical"];
