import type { SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Reporter } from "../reporter.ts";
import { identityOf } from "./identity.ts";
import { closers, openSpan, type OpenedSpan, type SpanName } from "./span-states.ts";
import type { ProgramDraft } from "./merge-programs.ts";

/** The `during` spans of a rule: those that say the same share one state and its programs. */
export interface DuringSpans {
  readonly spans: readonly OpenedSpan[];
  readonly closers: readonly ProgramDraft[];
  /** `nextId` gives the id of a state, where a new one is needed. */
  use(syntax: SpanSyntax, nextId: () => number): OpenedSpan | undefined;
}

export function createDuringSpans(
  every: Pick<SpanName, "leavesOutSelf" | "fields">,
  kernel: Kernel,
  reporter: Reporter,
): DuringSpans {
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
      rejectTwoMatches(syntax, reporter);
      const span = openSpan(syntax, { id: nextId(), name, ...every }, kernel, reporter);
      known.set(identity, span);
      if (span !== undefined) {
        spans.push(span);
        ending.push(...closers(span, kernel, reporter));
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

/** What is counted is matched as both ends are. */
function rejectTwoMatches({ match }: SpanSyntax, reporter: Reporter): void {
  const [second] = match?.to ?? [];
  if (match === undefined || match.from === match.to || second === undefined) return;
  const message = 'expected one "match" for both ends of "during" and for what is counted, found one for each end';
  reporter.error(
    "bad-probe",
    second.span,
    message,
    'give ends that differ a "with" of one name: {probe: PROBE, with: {NAME: EXPR}}',
  );
}

/** There is nothing to count at the end of `during`: what is no end is told apart beside the probe. */
function rejectFilterOfEnd({ toFilter }: SpanSyntax, reporter: Reporter): void {
  if (toFilter === undefined) return;
  const help = 'write which events are ends beside the probe: "to: {probe: PROBE, filter: EXPR}"';
  reporter.error("bad-probe", toFilter.span, 'expected no filter of the end of "during", which counts nothing', help);
}
