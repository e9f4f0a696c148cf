import type { Command } from "commander";
import { planDisable } from "./rule-files/plan-switch.ts";
import { RULES_OPTION } from "./rule-files/rule-places.ts";
import { switchRules, type SwitchOptions } from "./rule-files/switch-rules.ts";

/** `bpfwarden disable RULE...`: turns rules off without changing their files. */
export function addDisable(program: Command): void {
  program
    .command("disable")
    .description("turn rules off: remove links to the library, and stop other rules with a drop-in")
    .argument("<rule...>", "names of rules")
    .option(...RULES_OPTION)
    .option("--json", "print what was changed as JSON")
    .action((names: readonly string[], options: SwitchOptions) =>
      switchRules(names, options, { plan: planDisable, isDone: (state) => state !== "enabled" }),
    );
}
