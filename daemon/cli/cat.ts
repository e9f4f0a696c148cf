import type { Command } from "commander";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { wantsColor } from "../service/wants-color.ts";
import { jsonLine } from "../text/json-line.ts";
import { fail } from "./host-trouble.ts";
import { catReport } from "./rule-files/cat-report.ts";
import { fileLines, mergedText } from "./rule-files/cat-text.ts";
import { findRule, type FoundRule } from "./rule-files/find-rule.ts";
import { rulePlaces, RULES_OPTION, surveyPlaces } from "./rule-files/rule-places.ts";

interface CatOptions {
  readonly config?: string;
  readonly merged?: boolean;
  readonly json?: boolean;
}

/** `bpfwarden cat RULE`: prints the files that make a rule, as `systemctl cat`, or their result. */
export function addCat(program: Command): void {
  program
    .command("cat")
    .description("print the files that make a rule, each after a comment with its path, as systemctl cat")
    .argument("<rule...>", "names of rules or of their files; also rules that are off")
    .option("--merged", "print the resulting rule instead; comments say where each changed key is written")
    .option(...RULES_OPTION)
    .option("--json", "print files, state, resulting rule and changed keys as JSON")
    .action(cat);
}

function cat(names: readonly string[], { config, merged, json }: CatOptions): void {
  const survey = surveyPlaces(rulePlaces(config));
  const found = names.map((name) => findRule(name, survey));
  for (const each of found) if (typeof each === "string") fail(each);
  const rules = found.filter((each) => typeof each !== "string");
  if (json === true) console.log(jsonLine({ rules: rules.map(catReport) }));
  else if (rules.length > 0) process.stdout.write(rules.map(merged === true ? mergedText : fileLines).join("\n"));
  report(rules);
}

/** Reports what could not be read, on standard error: the rest was printed without it. */
function report(rules: readonly FoundRule[]): void {
  const diagnostics = rules.flatMap(({ file }) => file.diagnostics);
  if (diagnostics.length === 0) return;
  console.error(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
  process.exitCode = 1;
}
