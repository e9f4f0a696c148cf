import { LEVELS } from "../../rules/levels.ts";
import type { Level } from "../../rules/rule-syntax.ts";

/** Returns a number that is higher for a worse level. */
export function severityOf(level: Level): number {
  return LEVELS.indexOf(level);
}

/** Returns the worse of two levels. */
export function worse(one: Level, other: Level): Level {
  return severityOf(one) >= severityOf(other) ? one : other;
}
