import { funcOf } from "../probes/match-pattern.ts";
import type { Scope } from "../scope.ts";
import { ERROR, stringLiteral, wholeString, type Term } from "../term.ts";
import type { Builtin } from "./builtin.ts";

/**
 * Returns a name that one program for many probes looks up when it runs. Returns undefined for a
 * program with one probe: its name is a constant.
 */
function nameOf({ probe: { attach, pattern } }: Scope, which: "probe" | "func"): Term | undefined {
  const room = pattern?.cookieNames?.[which];
  // each raw tracepoint has its own program
  if (room === undefined || attach.kind === "rawtracepoint") return undefined;
  return wholeString({ op: "probe-name", which, bytes: (room + 7) & ~7 });
}

/** Values of the probe itself. */
export const PROBE: readonly Builtin[] = [
  {
    name: "probe",
    doc: "The probe that fired, as the rule spells it. For a pattern, the one probe that matched.",
    lower: (scope) => nameOf(scope, "probe") ?? stringLiteral(scope.probe.spelled.text),
  },
  {
    name: "func",
    doc: "The function, or the name of the tracepoint, that fired: the last part of `probe`.",
    lower: (scope) => nameOf(scope, "func") ?? stringLiteral(funcOf(scope.probe.spelled.text)),
  },
  {
    name: "retval",
    doc: "The return value of the function, at a probe of its return.",
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
        `"${scope.probe.spelled.text}" is not a span and has no "elapsed"`,
        help,
      );
      return ERROR;
    },
  },
];
