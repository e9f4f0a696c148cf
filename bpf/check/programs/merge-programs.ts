import type { AttachPoint, ProbeProgram, Step } from "../checked-program.ts";
import type { Span } from "../../source/source.ts";
import { identityOf } from "./identity.ts";

/** The steps at one attach point, before programs are made of them. */
export interface ProgramDraft {
  /** of the program: several at different attach points may share it */
  readonly name: string;
  readonly attach: AttachPoint;
  readonly steps: readonly Step[];
  readonly span: Span;
}

/**
 * One program for all attach points of a kind that do the same with the same context; which of them can share one load is for the
 * compiler to say (bpf/compile/attach-kinds.ts). Names are made unique within the rule.
 */
export function mergePrograms(drafts: readonly ProgramDraft[]): readonly ProbeProgram[] {
  const groups = new Map<string, [ProgramDraft, ...ProgramDraft[]]>();
  for (const draft of drafts) {
    const { attach, name, steps } = draft;
    const identity = identityOf([name, attach.kind, steps]);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [draft]);
    else group.push(draft);
  }
  const used = new Map<string, number>();
  return [...groups.values()].map(([first, ...others]) => {
    const count = (used.get(first.name) ?? 0) + 1;
    used.set(first.name, count);
    const name = count === 1 ? first.name : `${first.name}_${count}`;
    const attach = [first, ...others].map((draft) => draft.attach);
    return { name, attach, steps: first.steps, span: first.span };
  });
}
