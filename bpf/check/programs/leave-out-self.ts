import type { ProgramSyntax } from "../../language/program-syntax.ts";
import type { Span } from "../../source/source.ts";
import { isSelf } from "../builtins/self.ts";
import { logical, unary } from "../constant-fold.ts";
import { isByChance } from "../probe-cause.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import type { Point } from "./points.ts";

/**
 * True if a rule leaves out events of the daemon itself. A rule that uses `self` decides that for
 * itself.
 */
export const leavesOutSelf = (program: ProgramSyntax): boolean => program.leavesOutSelf && !mentionsSelf(program);

function mentionsSelf(syntax: unknown): boolean {
  if (typeof syntax !== "object" || syntax === null) return false;
  if ("kind" in syntax && syntax.kind === "name" && "name" in syntax && syntax.name === "self") return true;
  return Object.entries(syntax).some(([key, value]) => key !== "span" && mentionsSelf(value));
}

/**
 * Ends a run for events of the daemon. It comes after the rule's own filters, which most events do
 * not pass. The question whether another thread caused the event (`isByChance`) comes last, since
 * it is asked only in the daemon.
 */
export function leaveOutSelf(builder: ProgramBuilder, { probe }: Point, span: Span): void {
  const { kernel } = builder.scope;
  // one event too many is better than a missing one
  const byChance = isByChance(kernel, probe.attach, true);
  const condition = logical("or", unary("not", isSelf(builder.scope)), byChance);
  if (condition.op !== "constant") builder.push({ do: "filter", condition, span });
}
