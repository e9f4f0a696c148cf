import type { ProgramSyntax } from "../../language/program-syntax.ts";
import type { Aggregate } from "../checked-program.ts";
import { PLAIN } from "../term.ts";
import { AGGREGATE_NAMES } from "../aggregate-functions.ts";

/**
 * Returns the aggregates that a rule names, to check thresholds if the kernel half has errors. The
 * names are right. An unknown function is taken for `sum`. Signs and units are unknown.
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
