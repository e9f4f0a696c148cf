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
 * Finds a rule by its name, or by the name of its file. Files that are used come before masked
 * ones, and those before the library. Returns the reason if there is no such rule.
 */
export function findRule(name: string, { files, library }: Survey): FoundRule | string {
  const used = files.filter(({ maskedBy }) => maskedBy === undefined);
  const masked = files.filter(({ maskedBy }) => maskedBy !== undefined);
  // A disabled rule leaves its name free for another.
  const inOrder = [...used, ...masked];
  const isInLibrary = (file: SurveyedFile): boolean => library.includes(file);
  const places = [...placesOf(name, inOrder), ...placesOf(name, library)];
  const running = places.find(
    ({ file, rule }) => file.maskedBy === undefined && rule?.disabledAt === undefined && !isInLibrary(file),
  );
  const found = running ?? places[0];
  if (found !== undefined) return { ...found, isInLibrary: isInLibrary(found.file) };
  const known = [...files, ...library].flatMap(({ rules }) => rules.map((rule) => rule.name));
  return `no rule is called "${name}"${helpFor(name, known)}`;
}

function placesOf(name: string, files: readonly SurveyedFile[]): readonly Omit<FoundRule, "isInLibrary">[] {
  const byRule = files.flatMap((file) =>
    file.rules.filter((rule) => rule.name === name).map((rule) => ({ file, rule })),
  );
  const byFile = files.filter((file) => namesOf(file).includes(name)).map(wholeFile);
  return [...byRule, ...byFile];
}

/** Returns what a file may be called: `network/dns.yaml`, `network/dns` and `dns`, for example. */
function namesOf({ name }: SurveyedFile): readonly string[] {
  const stem = name.replace(/\.ya?ml$/, "");
  const last = stem.slice(stem.lastIndexOf("/") + 1);
  return [name, stem, last, name.slice(name.lastIndexOf("/") + 1)];
}

function wholeFile(file: SurveyedFile): Omit<FoundRule, "isInLibrary"> {
  const [only, ...others] = file.rules;
  return only === undefined || others.length > 0 ? { file } : { file, rule: only };
}

function helpFor(name: string, known: readonly string[]): string {
  const help = didYouMean(name, known);
  if (help !== undefined) return `; ${help}`;
  return known.length === 0 ? ": there are no rules" : "";
}
