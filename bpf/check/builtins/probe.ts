import { ERROR, stringLiteral } from "../term.ts";
import type { Builtin } from "./builtin.ts";

/** What the probe itself says. */
export const PROBE: readonly Builtin[] = [
  {
    name: "probe",
    doc: "The probe that fired, as the rule spells it.",
    lower: (scope) => stringLiteral(scope.probe.spelled.text),
  },
  {
    name: "retval",
    doc: "What the function returns, at a `uretprobe`.",
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
