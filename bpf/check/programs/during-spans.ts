import type { SpanSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Reporter } from "../reporter.ts";
import { identityOf } from "./identity.ts";
import { closers, openSpan, type OpenedSpan, type SpanName } from "./span-states.ts";
import type { ProgramDraft } from "./merge-programs.ts";

/** The `during` spans of a rule. Equal ones share one state and its programs. */
export interface DuringSpans {
  readonly spans: readonly OpenedSpan[];
  readonly closers: readonly ProgramDraft[];
  /** returns the span for this syntax; `nextId` gives the id of a new state */
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

/** Returns a text that is equal for two texts that parse to the same span. */
function syntaxIdentity(syntax: SpanSyntax): string {
  const { span: _, ...said } = syntax;
  return identityOf(said).replaceAll(/"(fieldSpan|calleeSpan)":\{[^{}]*\}/g, "");
}

/**
 * Rejects a `match` that differs between the ends, since the events between them are matched by the
 * same values.
 */
function rejectTwoMatches({ match }: SpanSyntax, reporter: Reporter): void {
  const [second] = match?.to ?? [];
  if (match === undefined || match.from === match.to || second === undefined) return;
  const message = 'expected one "match" for both ends of "during" and for the events between, found one for each end';
  reporter.error(
    "bad-probe",
    second.span,
    message,
    "give the value the same name at both ends: {probe: PROBE, with: {NAME: EXPR}}",
  );
}

/**
 * Rejects a filter at the end of `during`, where nothing is counted. A filter beside the probe says
 * which events are ends.
 */
function rejectFilterOfEnd({ toFilter }: SpanSyntax, reporter: Reporter): void {
  if (toFilter === undefined) return;
  const help = 'to say which events are ends, write the filter beside the probe: "to: {probe: PROBE, filter: EXPR}"';
  reporter.error(
    "bad-probe",
    toFilter.span,
    'expected no filter at the end of "during", where nothing is counted',
    help,
  );
}
