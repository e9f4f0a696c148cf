import { LEVELS } from "../../rules/levels.ts";
import type { Level } from "../../rules/rule-syntax.ts";

/** Higher for what is worse. */
export function severityOf(level: Level): number {
  return LEVELS.indexOf(level);
}

/** The worse of two. */
export function worse(one: Level, other: Level): Level {
  return severityOf(one) >= severityOf(other) ? one : other;
}
