import type { Kernel } from "../../kernel/kernel.ts";
import { binary, constant } from "../constant-fold.ts";
import type { AttachPoint, Step } from "../checked-program.ts";
import { identityOf } from "./identity.ts";
import { walk } from "../current-task.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import { operandsOf, readsUserMemory } from "../user-memory.ts";
import type { ProgramDraft } from "./merge-programs.ts";
import { replaceScalars } from "./replace-scalars.ts";

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
  const ends = drafts.flatMap(endsOf);
  return drafts.flatMap((draft): readonly ProgramDraft[] => {
    const { attach, name, span, steps } = draft;
    if (attach.kind !== "uprobe" || !attach.returns) return [];
    if (isCountedAsEnd(draft, ends)) return [];
    const { names: _, ...place } = attach;
    const counting: readonly Step[] = [
      { do: "filter", condition: tooDeep, span },
      ...knownAtEntry(steps),
      { do: "return-missed", span },
    ];
    return [{ name: `${name}_deep`, attach: { ...place, returns: false }, steps: counting, span }];
  });
}

/** A place where a span ends, and the filters there that are known at the entry. */
interface End {
  readonly span: string;
  readonly filters: ReadonlySet<string>;
}

function endsOf({ attach, steps }: ProgramDraft): readonly End[] {
  return steps.flatMap((step) =>
    step.do === "span-close" ? [{ span: placeOf(attach, step.state), filters: filtersOf(steps) }] : [],
  );
}

/**
 * Returns true if a draft starts a span where the span also ends. One return that ends a span and
 * starts the next is one event: it is counted as an end. With `match`, start and end can be in
 * different threads: then a start is counted by itself if the filters of the end may reject it.
 */
function isCountedAsEnd({ attach, steps }: ProgramDraft, ends: readonly End[]): boolean {
  const own = filtersOf(steps);
  return steps.some((step) => {
    if (step.do !== "span-open") return false;
    const here = ends.filter(({ span }) => span === placeOf(attach, step.state));
    // without `match`, the thread of the start must pass the filters of the end as well
    return here.some(({ filters }) => step.match.length === 0 || filters.isSubsetOf(own));
  });
}

/** Returns a text for a span at a point. */
function placeOf(attach: AttachPoint, span: number): string {
  return identityOf([{ ...attach, names: undefined }, span]);
}

/** Returns the filters that are known at the entry. Equal ones have equal texts. */
function filtersOf(steps: readonly Step[]): ReadonlySet<string> {
  const values = new Map<number, Scalar>();
  const whole = (value: Scalar): Scalar =>
    replaceScalars(value, (part) => (part.op === "variable" ? values.get(part.variable) : undefined));
  const filters = new Set<string>();
  for (const step of knownAtEntry(steps)) {
    if (step.do === "bind") values.set(step.variable, whole(step.value));
    if (step.do === "filter") filters.add(identityOf(whole(step.condition)));
  }
  return filters;
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
