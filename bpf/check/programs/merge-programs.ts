import type { AttachPoint, ProbeProgram, Step } from "../checked-program.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Span } from "../../source/source.ts";
import { deferUnreadable } from "./defer-unreadable.ts";
import { identityOf } from "./identity.ts";
import { joinSystemCalls } from "./join-system-calls.ts";

/** The steps at one attach point, before programs are made of them. */
export interface ProgramDraft {
  /** the name of the program; several drafts at different attach points may share it */
  readonly name: string;
  readonly attach: AttachPoint;
  readonly steps: readonly Step[];
  readonly span: Span;
}

/**
 * Joins drafts at one point into one program, if one of them opens or closes a span or sets a kept
 * value. The kernel's order of several programs at a point depends on the kind of point. Other
 * drafts stay separate.
 */
function joinAtPoints(drafts: readonly ProgramDraft[]): readonly ProgramDraft[] {
  const points = Map.groupBy(drafts, ({ attach }) => identityOf({ ...attach, names: undefined, category: undefined }));
  return [...points.values()].flatMap((atPoint) => {
    const [first, ...others] = endsFirst(atPoint);
    if (first === undefined || others.length === 0 || !atPoint.some(movesSpan)) return atPoint;
    const steps = others.flatMap((draft): readonly Step[] => [{ do: "next-part" }, ...draft.steps]);
    // all drafts that ask for the names of a point have the same names
    const { attach } = atPoint.find((draft) => draft.attach.names !== undefined) ?? first;
    return { ...first, attach, steps: [...first.steps, ...steps] };
  });
}

/**
 * Sorts the drafts at one point: if one event ends a span and starts the next, the end comes first.
 */
function endsFirst(atPoint: readonly ProgramDraft[]): readonly ProgramDraft[] {
  const closed = atPoint.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.do === "span-close" ? [step.state] : [])),
  );
  const reopens = ({ steps }: ProgramDraft): boolean =>
    steps.some((step) => step.do === "span-open" && closed.includes(step.state));
  return [...atPoint.filter((draft) => !reopens(draft)), ...atPoint.filter(reopens)];
}

/** Steps that change values which other drafts at the same point read. */
const CHANGING: ReadonlySet<Step["do"]> = new Set(["span-open", "span-close", "span-abandon", "memo-write"]);

const movesSpan = ({ steps }: ProgramDraft): boolean => steps.some((step) => CHANGING.has(step.do));

/**
 * Makes one program for all attach points of a kind that do the same with the same context. The
 * compiler decides which of them share one load (bpf/compile/attach-kinds.ts). Names are made
 * unique within the rule.
 */
export function mergePrograms(drafts: readonly ProgramDraft[], kernel: Kernel): readonly ProbeProgram[] {
  const groups = new Map<string, [ProgramDraft, ...ProgramDraft[]]>();
  for (const draft of joinAtPoints(drafts)) {
    const { attach, name, steps } = draft;
    const identity = identityOf([name, attach.kind, steps]);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [draft]);
    else group.push(draft);
  }
  const merged = [...groups.values()].map(([first, ...others]) => {
    const attach = [first, ...others].map((draft) => draft.attach);
    return { name: first.name, attach, steps: first.steps, span: first.span };
  });
  return withUniqueNames(joinSystemCalls(deferUnreadable(merged, kernel), kernel));
}

function withUniqueNames(programs: readonly ProbeProgram[]): readonly ProbeProgram[] {
  const used = new Map<string, number>();
  return programs.map((program) => {
    const count = (used.get(program.name) ?? 0) + 1;
    used.set(program.name, count);
    return count === 1 ? program : { ...program, name: `${program.name}_${count}` };
  });
}
