import type { Command } from "commander";
import { plain, STYLES } from "../../bpf/source/terminal-style.ts";
import { wantsColor } from "../service/wants-color.ts";
import { jsonLine } from "../text/json-line.ts";
import { fail } from "./host-trouble.ts";
import { deltaLines } from "./rule-files/delta-lines.ts";
import { deltasOf } from "./rule-files/deltas.ts";
import { findRule } from "./rule-files/find-rule.ts";
import { rulePlaces, RULES_OPTION, surveyPlaces } from "./rule-files/rule-places.ts";
import type { Survey, SurveyedFile } from "./rule-files/survey.ts";

interface DiffOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `bpfwarden diff [RULE...]`: shows what changes shipped rules, as systemd-delta(1). */
export function addDiff(program: Command): void {
  program
    .command("diff")
    .description("show files that mask, replace, change or disable rules, as systemd-delta; with differences")
    .argument("[rule...]", "names of rules or of their files; default: all")
    .option(...RULES_OPTION)
    .option("--json", "print the differences as JSON")
    .action(diff);
}

function diff(names: readonly string[], { config, json }: DiffOptions): void {
  const places = rulePlaces(config);
  const deltas = filesCalled(names, surveyPlaces(places)).flatMap((file) => deltasOf(file, places.trust));
  if (json === true) return console.log(jsonLine({ differences: deltas }));
  const bold = wantsColor(process.stdout) ? STYLES.bold : plain;
  const count = deltas.length === 1 ? "1 difference" : `${deltas.length} differences`;
  console.log([...deltas.flatMap((delta) => deltaLines(delta, bold)), count].join("\n"));
}

/** Returns the files of these rules, each once, or all files. Reports unknown names. */
function filesCalled(names: readonly string[], survey: Survey): readonly SurveyedFile[] {
  if (names.length === 0) return survey.files;
  const files = new Set<SurveyedFile>();
  for (const name of names) {
    const found = findRule(name, survey);
    if (typeof found === "string") fail(found);
    else files.add(found.file);
  }
  return [...files];
}
