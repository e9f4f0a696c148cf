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
 * One program for all attach points that do the same with the same context, where the kernel lets a program have several: a raw
 * tracepoint's types are part of its program. Names are made unique within the rule.
 */
export function mergePrograms(drafts: readonly ProgramDraft[]): readonly ProbeProgram[] {
  const groups = new Map<string, [ProgramDraft, ...ProgramDraft[]]>();
  for (const draft of drafts) {
    const { attach, name, steps } = draft;
    const alone = attach.kind === "rawtracepoint" ? attach.btfId : 0;
    const identity = identityOf([name, attach.kind, alone, steps]);
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
