import { hostname } from "node:os";
import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { checkActions } from "../../rules/check-actions.ts";
import { withAudit } from "../../rules/audit-action.ts";
import { dropDuplicates } from "../../rules/duplicate-rules.ts";
import { findConfiguration, ruleDefaultsOf } from "../../rules/find-configuration.ts";
import { readRules } from "../../rules/read-rules.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";
import { checkRules, type CheckOutcome } from "../check-rules.ts";
import { openKernelOf } from "../open-kernel-of.ts";
import { DEFAULT_MEMORY_BYTES, DEFAULTS } from "../read-paths.ts";
import type { RuleSources } from "./edit-target.ts";

/**
 * Checks the rules of one file as `bpfwarden check` would with its drop-ins, the settings and the
 * other rules of a configuration folder.
 *
 * @param replaced the path of the rule file that is in use
 */
export async function checkDraft(
  { source, dropIns }: RuleSources,
  folder: string,
  replaced: string | undefined,
): Promise<CheckOutcome> {
  const found = await findConfiguration(folder, hostname(), { settings: undefined, hasSettingsFile: false }, new Map());
  const { settings, hasSettingsFile } = found;
  const read = readRules(source, settings === undefined ? DEFAULTS : ruleDefaultsOf(settings), dropIns);
  const named = [...read.rules, ...read.faulty.map(({ rule }) => rule)];
  const actions = settings === undefined ? [] : checkActions(named, withAudit(settings, named, hasSettingsFile));
  const others = found.rules.filter((rule) => rule.source.path !== replaced);
  const nothing = { files: [], settings: [], ignored: [] };
  return checkRules(
    {
      ...{ ...nothing, rules: read.rules, faulty: read.faulty },
      diagnostics: [...read.diagnostics, ...actions, ...takenNames(read.rules, others)],
      memoryBytesOf: () => settings?.limits.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    },
    openKernelOf(undefined),
  );
}

/** Reports names that rules of other files have. */
function takenNames(rules: readonly RuleSyntax[], others: readonly RuleSyntax[]): readonly Diagnostic[] {
  return dropDuplicates([...others, ...rules]).diagnostics;
}
