import type { SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Reporter } from "../reporter.ts";
import { identityOf } from "./identity.ts";
import { closers, openSpan, type OpenedSpan } from "./span-states.ts";
import type { ProgramDraft } from "./merge-programs.ts";

/** The `during` spans of a rule: those that say the same share one state and its programs. */
export interface DuringSpans {
  readonly spans: readonly OpenedSpan[];
  readonly closers: readonly ProgramDraft[];
  /** `nextId` gives the id of a state, where a new one is needed. */
  use(syntax: SpanSyntax, nextId: () => number): OpenedSpan | undefined;
}

export function createDuringSpans(kernel: Kernel, reporter: Reporter): DuringSpans {
  const spans: OpenedSpan[] = [];
  const ending: ProgramDraft[] = [];
  const known = new Map<string, OpenedSpan | undefined>();
  return {
    spans,
    closers: ending,
    use(syntax, nextId) {
      const identity = syntaxIdentity(syntax);
      if (known.has(identity)) return known.get(identity);
      const name = spans.length === 0 ? "during" : `during_${spans.length + 1}`;
      rejectFilterOfEnd(syntax, reporter);
      const span = openSpan(syntax, nextId(), name, kernel, reporter);
      known.set(identity, span);
      if (span !== undefined) {
        spans.push(span);
        ending.push(...closers(span, name, kernel, reporter));
      }
      return span;
    },
  };
}

/** Two texts that parse the same are the same span, wherever they stand. */
function syntaxIdentity(syntax: SpanSyntax): string {
  const { span: _, ...said } = syntax;
  return identityOf(said).replaceAll(/"(fieldSpan|calleeSpan)":\{[^{}]*\}/g, "");
}

function rejectFilterOfEnd({ toFilter }: SpanSyntax, reporter: Reporter): void {
  if (toFilter === undefined) return;
  const help = 'write the filter beside the probe: "to: {probe: PROBE, filter: EXPR}"';
  reporter.error("not-supported-yet", toFilter.span, 'a filter of the end of "during" is not supported yet', help);
}
