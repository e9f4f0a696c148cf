import type { ProgramSyntax } from "../../language/program-syntax.ts";
import type { Aggregate } from "../checked-program.ts";
import { PLAIN } from "../term.ts";
import { AGGREGATE_NAMES } from "../aggregate-functions.ts";

/**
 * The aggregates that a rule names, for checking what uses them where the rule's kernel half is at fault. Names are right; functions
 * are where they can be told, else `sum`; signs and units are not known.
 */
export function declaredAggregates({ signals }: ProgramSyntax): readonly Aggregate[] {
  return signals.flatMap((signal) =>
    signal.aggregates.map(({ name, expression }): Aggregate => {
      const called = expression.kind === "call" ? AGGREGATE_NAMES.get(expression.callee) : undefined;
      return {
        name: name.text,
        signal: signal.name.text,
        function: called?.name ?? "sum",
        signed: false,
        meaning: PLAIN,
        span: expression.span,
      };
    }),
  );
}
