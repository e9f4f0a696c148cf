import type { Kernel } from "../../kernel/kernel.ts";
import { binary, constant } from "../constant-fold.ts";
import type { Step } from "../checked-program.ts";
import { identityOf } from "./identity.ts";
import { walk } from "../current-task.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import { operandsOf, readsUserMemory } from "../user-memory.ts";
import type { ProgramDraft } from "./merge-programs.ts";

/**
 * MAX_URETPROBE_DEPTH of include/linux/uprobes.h. prepare_uretprobe (kernel/events/uprobes.c) does
 * not probe the return of a deeper call, and does not count it. It tests `utask->depth` after the
 * programs at the entry have run.
 */
const DEEPEST = 64n;

/**
 * Returns, for drafts at returns of user functions, the programs at the entries of these functions.
 * They count the calls whose returns the kernel will not probe. Such a call counts if it passes the
 * filters that are known at the entry already.
 */
export function missedReturns(drafts: readonly ProgramDraft[], kernel: Kernel): readonly ProgramDraft[] {
  const depth = walk({ kernel }, "utask.depth");
  if (depth?.form !== "scalar") return [];
  const tooDeep = binary(">=", false, depth.scalar, constant(DEEPEST));
  const ends = new Set(drafts.flatMap((draft) => spansOf(draft, "span-close")));
  return drafts.flatMap((draft): readonly ProgramDraft[] => {
    const { attach, name, span, steps } = draft;
    if (attach.kind !== "uprobe" || !attach.returns) return [];
    // one return that ends a span and starts the next is one event: it is counted as an end
    if (spansOf(draft, "span-open").some((start) => ends.has(start))) return [];
    const { names: _, ...place } = attach;
    const counting: readonly Step[] = [
      { do: "filter", condition: tooDeep, span },
      ...knownAtEntry(steps),
      { do: "return-missed", span },
    ];
    return [{ name: `${name}_deep`, attach: { ...place, returns: false }, steps: counting, span }];
  });
}

/** Returns what a draft does to spans in this way, with the place where it does so. */
function spansOf({ attach, steps }: ProgramDraft, way: "span-open" | "span-close"): readonly string[] {
  return steps.flatMap((step) => (step.do === way ? [identityOf([{ ...attach, names: undefined }, step.state])] : []));
}

/**
 * Returns the filters, and the steps that they need, whose values are the same at the entry of a
 * function and at its return.
 */
function knownAtEntry(steps: readonly Step[]): readonly Step[] {
  const variables = new Set<number>();
  return steps.filter((step) => {
    if (step.do === "filter") return isKnown(step.condition, variables);
    if (step.do !== "bind" || !isKnown(step.value, variables)) return false;
    variables.add(step.variable);
    return true;
  });
}

/** Values that differ at the return: registers, memory of the process and the name of the probe. */
const OF_THE_RETURN: ReadonlySet<string> = new Set([
  ...["context", "context-address", "context-located-address", "context-bytes"],
  ...["probe-name", "stack"],
]);

function isKnown(value: Scalar | Bytes, variables: ReadonlySet<number>): boolean {
  if (value.op === "variable") return variables.has(value.variable);
  if (OF_THE_RETURN.has(value.op) || readsUserMemory(value)) return false;
  return operandsOf(value).every((operand) => isKnown(operand, variables));
}
