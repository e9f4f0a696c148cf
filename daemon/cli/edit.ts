import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { visible } from "../../bpf/source/visible.ts";
import { jsonLine } from "../text/json-line.ts";
import { fail } from "./host-trouble.ts";
import { daemonNote } from "./rule-files/daemon-note.ts";
import { type Edited, editDraft, takeText } from "./rule-files/edit-rule.ts";
import { dropInTarget, type EditTarget, wholeTarget } from "./rule-files/edit-target.ts";
import { findRule } from "./rule-files/find-rule.ts";
import { rulePlaces, type RulePlaces, RULES_OPTION, surveyPlaces } from "./rule-files/rule-places.ts";
import { writeFileAtomically } from "./rule-files/write-file.ts";

interface EditOptions {
  readonly config?: string;
  readonly full?: boolean;
  readonly stdin?: boolean;
  readonly json?: boolean;
}

/** `bpfwarden edit RULE`: changes keys of a rule with a drop-in, as `systemctl edit`. */
export function addEdit(program: Command): void {
  program
    .command("edit")
    .description("change a rule with a drop-in, override.yaml, in an editor; it is checked before it is written")
    .argument("<rule>", "the name of a rule or of its file")
    .option("--full", "edit a copy of the whole file in rules.d instead; it replaces the shipped one")
    .option("--stdin", "take the text from standard input instead of an editor")
    .option(...RULES_OPTION)
    .option("--json", "print what was written as JSON")
    .action(edit);
}

async function edit(name: string, { config, full, stdin, json }: EditOptions): Promise<void> {
  const places = rulePlaces(config);
  const found = findRule(name, surveyPlaces(places));
  if (typeof found === "string") return fail(found);
  const isWhole = full === true;
  const target = isWhole ? wholeTarget(found, places) : dropInTarget(found, places);
  if (typeof target === "string") return fail(target);
  const edited = await (stdin === true
    ? takeText(readFileSync(0, "utf8"), target, places)
    : editDraft(target, places, isWhole));
  if (edited !== undefined) await take(edited, target, places, json === true);
}

async function take(
  { text, isChanged }: NonNullable<Edited>,
  target: EditTarget,
  places: RulePlaces,
  asJson: boolean,
): Promise<void> {
  const { path, existing, found } = target;
  const reason = text.trim() === "" ? emptyReason(target) : isChanged ? undefined : "nothing was written: no change";
  if (reason === undefined) writeFileAtomically(path, text);
  const note = reason ?? (await daemonNote(places.folder));
  const rule = found.rule?.name ?? found.file.name;
  if (asJson) return console.log(jsonLine({ rule, path, changed: reason === undefined, note }));
  if (reason === undefined) console.log(`${existing === undefined ? "wrote" : "replaced"} ${visible(path)}`);
  console.log(note);
}

function emptyReason({ path, existing }: EditTarget): string {
  const undo = existing === undefined ? "" : `; to undo its changes, remove ${visible(path)}`;
  return `nothing was written: the text is empty${undo}`;
}
