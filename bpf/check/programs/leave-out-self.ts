import type { ProgramSyntax } from "../../language/program-syntax.ts";
import type { Span } from "../../source/source.ts";
import { isSelf } from "../builtins/self.ts";
import { logical, unary } from "../constant-fold.ts";
import { isByChance } from "../probe-cause.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import type { Point } from "./points.ts";

/** Whether a rule leaves out what the daemon itself does: one that speaks of `self` decides that for itself. */
export const leavesOutSelf = (program: ProgramSyntax): boolean => program.leavesOutSelf && !speaksOfSelf(program);

function speaksOfSelf(syntax: unknown): boolean {
  if (typeof syntax !== "object" || syntax === null) return false;
  if ("kind" in syntax && syntax.kind === "name" && "name" in syntax && syntax.name === "self") return true;
  return Object.entries(syntax).some(([key, value]) => key !== "span" && speaksOfSelf(value));
}

/**
 * Ends a run for what the daemon does. Behind the rule's own filters: most events do not get there. Where the event may be another's doing
 * (`isByChance`) that is asked last, which only the daemon's events come to.
 */
export function leaveOutSelf(builder: ProgramBuilder, { probe }: Point, span: Span): void {
  const { kernel } = builder.scope;
  // an event too many is better than one that is missing
  const byChance = isByChance(kernel, probe.attach, true);
  const condition = logical("or", unary("not", isSelf(builder.scope)), byChance);
  if (condition.op !== "constant") builder.push({ do: "filter", condition, span });
}
