import type { Command } from "commander";
import { planEnable } from "./rule-files/plan-switch.ts";
import { RULES_OPTION } from "./rule-files/rule-places.ts";
import { switchRules, type SwitchOptions } from "./rule-files/switch-rules.ts";

/** `bpfwarden enable RULE...`: links rules of the library, and turns disabled rules on again. */
export function addEnable(program: Command): void {
  program
    .command("enable")
    .description("turn rules on: link those of the library into rules.d, and undo disable")
    .argument("<rule...>", "names of rules of the library, or of rules that disable turned off")
    .option(...RULES_OPTION)
    .option("--json", "print what was changed as JSON")
    .action((names: readonly string[], options: SwitchOptions) =>
      switchRules(names, options, { plan: planEnable, isDone: (state) => state === "enabled" }),
    );
}
