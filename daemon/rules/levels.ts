import type { Level } from "./rule-syntax.ts";

/** How severe an alert can be, from the least to the most. */
export const LEVELS: readonly Level[] = ["info", "warning", "critical"];
