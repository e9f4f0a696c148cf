import type { AttachPoint, ProbeProgram, Step } from "../checked-program.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Span } from "../../source/source.ts";
import { deferUnreadable } from "./defer-unreadable.ts";
import { identityOf } from "./identity.ts";
import { joinSystemCalls } from "./join-system-calls.ts";

/** The steps at one attach point, before programs are made of them. */
export interface ProgramDraft {
  /** of the program: several at different attach points may share it */
  readonly name: string;
  readonly attach: AttachPoint;
  readonly steps: readonly Step[];
  readonly span: Span;
}

/**
 * Drafts at one point of which one opens or closes a span, or sets what is remembered, become parts of one program: the order in which the
 * kernel runs several at a point is not the same for all kinds of points. Others stay by themselves.
 */
function joinAtPoints(drafts: readonly ProgramDraft[]): readonly ProgramDraft[] {
  const points = Map.groupBy(drafts, ({ attach }) => identityOf({ ...attach, names: undefined, category: undefined }));
  return [...points.values()].flatMap((atPoint) => {
    const [first, ...others] = endsFirst(atPoint);
    if (first === undefined || others.length === 0 || !atPoint.some(movesSpan)) return atPoint;
    const steps = others.flatMap((draft): readonly Step[] => [{ do: "next-part" }, ...draft.steps]);
    // the names of a point are the same for all that ask for them
    const { attach } = atPoint.find((draft) => draft.attach.names !== undefined) ?? first;
    return { ...first, attach, steps: [...first.steps, ...steps] };
  });
}

/** An event that ends one span and starts the next of the same ends the one first. */
function endsFirst(atPoint: readonly ProgramDraft[]): readonly ProgramDraft[] {
  const closed = atPoint.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.do === "span-close" ? [step.state] : [])),
  );
  const reopens = ({ steps }: ProgramDraft): boolean =>
    steps.some((step) => step.do === "span-open" && closed.includes(step.state));
  return [...atPoint.filter((draft) => !reopens(draft)), ...atPoint.filter(reopens)];
}

/** Steps that change what others at the same point look at. */
const CHANGING: ReadonlySet<Step["do"]> = new Set(["span-open", "span-close", "span-abandon", "memo-write"]);

const movesSpan = ({ steps }: ProgramDraft): boolean => steps.some((step) => CHANGING.has(step.do));

/**
 * One program for all attach points of a kind that do the same with the same context; which of them can share one load is for the
 * compiler to say (bpf/compile/attach-kinds.ts). Names are made unique within the rule.
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
