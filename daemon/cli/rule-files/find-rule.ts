import { didYouMean } from "../../../bpf/source/did-you-mean.ts";
import type { Survey, SurveyedFile, SurveyedRule } from "./survey.ts";

/** The meaning of a name that a command was given. */
export interface FoundRule {
  readonly file: SurveyedFile;
  /** undefined if the name is that of a file with several rules or without readable ones */
  readonly rule?: SurveyedRule;
  /** the file is in the library, and no rules folder has it */
  readonly isInLibrary: boolean;
}

/**
 * Finds a rule by its name, or else by the name of its file. Rules that run come first, then those
 * of files that are used, of masked files, and of the library. Returns the reason if there is no
 * such rule.
 */
export function findRule(name: string, { files, library }: Survey): FoundRule | string {
  const used = files.filter(({ maskedBy }) => maskedBy === undefined);
  const masked = files.filter(({ maskedBy }) => maskedBy !== undefined);
  const inOrder = [...used, ...masked, ...library];
  const places = [...rulesCalled(name, inOrder), ...filesCalled(name, inOrder)];
  // A disabled rule leaves its name free for another.
  const running = rulesCalled(name, used).find(({ rule }) => rule.disabledAt === undefined);
  const found = running ?? places[0];
  if (found !== undefined) return { ...found, isInLibrary: library.includes(found.file) };
  const known = inOrder.flatMap(({ rules }) => rules.map((rule) => rule.name));
  return `no rule is called "${name}"${helpFor(name, known)}`;
}

type Place = Omit<FoundRule, "isInLibrary">;

function rulesCalled(name: string, files: readonly SurveyedFile[]): readonly Required<Place>[] {
  return files.flatMap((file) => file.rules.filter((rule) => rule.name === name).map((rule) => ({ file, rule })));
}

function filesCalled(name: string, files: readonly SurveyedFile[]): readonly Place[] {
  return files.filter((file) => namesOf(file).includes(name)).map(wholeFile);
}

/** Returns what a file may be called: `network/dns.yaml`, `network/dns` and `dns`, for example. */
function namesOf({ name }: SurveyedFile): readonly string[] {
  const stem = name.replace(/\.ya?ml$/, "");
  const last = stem.slice(stem.lastIndexOf("/") + 1);
  return [name, stem, last, name.slice(name.lastIndexOf("/") + 1)];
}

function wholeFile(file: SurveyedFile): Place {
  const [only, ...others] = file.rules;
  return only === undefined || others.length > 0 ? { file } : { file, rule: only };
}

function helpFor(name: string, known: readonly string[]): string {
  const help = didYouMean(name, known);
  if (help !== undefined) return `; ${help}`;
  return known.length === 0 ? ": there are no rules" : "";
}
