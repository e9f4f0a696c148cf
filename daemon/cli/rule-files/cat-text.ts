import type { Source } from "../../../bpf/source/source.ts";
import { visible } from "../../../bpf/source/visible.ts";
import { printMap } from "../../yaml/print-yaml.ts";
import type { FoundRule } from "./find-rule.ts";
import { linkTarget, placeText, replacedLayers, stateOf } from "./rule-state.ts";
import type { SurveyedRule } from "./survey.ts";

/** Prints the files of a rule: first its own, then the drop-ins in the order in which they apply. */
export function fileLines(found: FoundRule): string {
  const { source, dropInSources } = found.file;
  const texts = [...(source === undefined ? [] : [source]), ...dropInSources];
  const [first = "", ...others] = texts.map(fileText);
  return [...stateLines(found), first, ...others.map((text) => `\n${text}`)].join("");
}

/** Prints the resulting rules of a file, or the one that was named. */
export function mergedText(found: FoundRule): string {
  const rules = found.rule === undefined ? found.file.rules : [found.rule];
  return [...stateLines(found), rules.map(mergedRule).join("---\n")].join("");
}

/** Prints a rule with its drop-ins; a comment says where each changed key is written. */
export function mergedRule({ root }: SurveyedRule): string {
  const { source } = root.span;
  const changed = printMap(root, (span) => (span.source === source ? undefined : placeText(span)));
  return `# ${placeText(root.span)}\n${visibleLines(changed)}`;
}

/** Returns comments that say why the rule is off, and which files it replaces. */
function stateLines(found: FoundRule): readonly string[] {
  const { note } = stateOf(found);
  const replaced = replacedLayers(found).map((path) => `replaces ${visible(path)}`);
  return [...(note === "" ? [] : [note]), ...replaced].map((line) => `# ${line}\n`);
}

function fileText(source: Source): string {
  const target = linkTarget(source.path);
  const link = target === undefined ? "" : `, a link to ${visible(target)}`;
  const text = visibleLines(source.text);
  return `# ${visible(source.path)}${link}\n${text}${text.endsWith("\n") ? "" : "\n"}`;
}

/** A file of others must not move the cursor. Tabs and line breaks stay. */
const visibleLines = (text: string): string =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join("\n");
