import { funcOf } from "../probes/match-pattern.ts";
import type { Scope } from "../scope.ts";
import { ERROR, stringLiteral, wholeString, type Term } from "../term.ts";
import type { Builtin } from "./builtin.ts";

/** A name that one program of many probes looks up; undefined where the program has one probe, so that the name is a constant. */
function nameOf({ probe: { attach, pattern } }: Scope, which: "probe" | "func"): Term | undefined {
  const room = pattern?.cookieNames?.[which];
  // each raw tracepoint has a program of its own
  if (room === undefined || attach.kind === "rawtracepoint") return undefined;
  return wholeString({ op: "probe-name", which, bytes: (room + 7) & ~7 });
}

/** What the probe itself says. */
export const PROBE: readonly Builtin[] = [
  {
    name: "probe",
    doc: "The probe that fired, as the rule spells it; of several that a pattern matches, that one alone.",
    lower: (scope) => nameOf(scope, "probe") ?? stringLiteral(scope.probe.spelled.text),
  },
  {
    name: "func",
    doc: "The function, or the name of the tracepoint, that fired: the last part of `probe`.",
    lower: (scope) => nameOf(scope, "func") ?? stringLiteral(funcOf(scope.probe.spelled.text)),
  },
  {
    name: "retval",
    doc: "What the function returned, at the probe of a return.",
    lower(scope, span) {
      const { context, spelled } = scope.probe;
      if (context.returned !== undefined) return context.returned;
      const help = context.fields.has("ret") ? 'write "args.ret"' : "probe the return of the function";
      scope.reporter.error("not-available", span, `"${spelled.text}" has no "retval"`, help);
      return ERROR;
    },
  },
  {
    name: "elapsed",
    doc: "Duration of a span, from its start to its end.",
    lower(scope, span) {
      const help = 'measure a span: "probe: {from: PROBE, to: PROBE}"';
      scope.reporter.error(
        "not-available",
        span,
        `"${scope.probe.spelled.text}" is no span and has no "elapsed"`,
        help,
      );
      return ERROR;
    },
  },
];
