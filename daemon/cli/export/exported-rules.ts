import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { withMacroNumbers } from "../../evaluate/formula/macro-numbers.ts";
import type { RuleFormulas } from "../../evaluate/formula/check-formulas.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";
import { buildRule } from "../../run/build-rule.ts";
import { wantsColor } from "../../service/wants-color.ts";
import { openKernelOf } from "../open-kernel-of.ts";
import { readPaths } from "../read-paths.ts";

export interface ExportedRule {
  /** with numbers in place of macros */
  readonly rule: RuleSyntax;
  readonly formulas: RuleFormulas;
}

/**
 * Reads and checks rules for another program. Reports those that have errors, and sets the exit
 * code for them; the others are exported.
 */
export async function exportedRules(
  paths: readonly string[],
  kernelFolder: string | undefined,
): Promise<readonly ExportedRule[]> {
  const { rules, diagnostics } = await readPaths(paths);
  const kernel = openKernelOf(kernelFolder);
  const faults: Diagnostic[] = diagnostics.filter(({ severity }) => severity === "error");
  const exported = rules.flatMap((syntax): readonly ExportedRule[] => {
    const { result, diagnostics: own } = buildRule(syntax, kernel);
    if (result === undefined) faults.push(...own.filter(({ severity }) => severity === "error"));
    if (result === undefined) return [];
    const { formulas } = result;
    const names = formulas.aggregates.map(({ name }) => name);
    return [{ rule: withMacroNumbers(result.rule, names, kernel), formulas }];
  });
  reportFaults(faults);
  return exported;
}

/** Prints errors, and sets the exit code if there are some. */
export function reportFaults(faults: readonly Diagnostic[]): void {
  if (faults.length === 0) return;
  console.error(formatDiagnostics(faults, { color: wantsColor(process.stderr) }));
  process.exitCode = 1;
}
