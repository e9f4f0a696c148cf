import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import type { Source, Span } from "../../../bpf/source/source.ts";
import { applyDropIns } from "../../rules/apply-drop-ins.ts";
import { layeredFiles, type LayeredRuleFile, usedLayer } from "../../rules/layered-files.ts";
import { isMask, listRuleFiles } from "../../rules/list-rule-files.ts";
import { disabledAt } from "../../rules/read-rules.ts";
import { readSafeFile } from "../../rules/safe-file.ts";
import type { Trust } from "../../rules/trust.ts";
import { usedPaths } from "../../rules/used-files.ts";
import { readYaml } from "../../yaml/read-yaml.ts";
import { textOf, valueOf, type YamlMap } from "../../yaml/yaml-node.ts";

/** A rule of a file, with the changes of its drop-ins. */
export interface SurveyedRule {
  readonly name: string;
  readonly root: YamlMap;
  /** the place of its `enabled: false` */
  readonly disabledAt?: Span;
}

/** All files of one name in the rules folders or in the library, and the rules that they make. */
export interface SurveyedFile extends LayeredRuleFile {
  /** the text of the file that counts; of the last one below a mask */
  readonly source?: Source;
  readonly dropInSources: readonly Source[];
  readonly rules: readonly SurveyedRule[];
  /** the link to /dev/null that removes it */
  readonly maskedBy?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Everything that rule names can mean. */
export interface Survey {
  readonly files: readonly SurveyedFile[];
  /** files that are read only through links to them */
  readonly library: readonly SurveyedFile[];
  /** of folders that cannot be listed */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the names of all rules in folders, without checking the rules. */
export function surveyRules(folders: readonly string[], library: string | undefined, trust: Trust): Survey {
  const listings = folders.map((folder) => listRuleFiles(folder, trust));
  const shelf = library === undefined ? [] : [listRuleFiles(library, trust)];
  const filesOf = (all: typeof listings): readonly SurveyedFile[] =>
    layeredFiles(all).files.map((file) => surveyFile(file, trust));
  return {
    files: filesOf(listings),
    library: filesOf(shelf),
    diagnostics: listings.flatMap(({ diagnostics }) => diagnostics),
  };
}

function surveyFile(file: LayeredRuleFile, trust: Trust): SurveyedFile {
  const used = usedLayer(file);
  const shown = used ?? file.layers.findLast((path) => !isMask(path));
  const dropIns = usedPaths(file.dropIns).map((path) => readSafeFile(path, trust));
  const dropInSources = dropIns.flatMap(({ result }) => result ?? []);
  const unread = dropIns.flatMap(({ diagnostics }) => diagnostics);
  const maskedBy = used === undefined ? { maskedBy: file.layers.at(-1) ?? "" } : {};
  if (shown === undefined) return { ...file, ...maskedBy, dropInSources, rules: [], diagnostics: unread };
  const { result: source, diagnostics } = readSafeFile(shown, trust);
  return {
    ...file,
    ...maskedBy,
    ...(source !== undefined && { source }),
    dropInSources,
    rules: source === undefined ? [] : rulesOf(source, dropInSources),
    diagnostics: [...diagnostics, ...unread],
  };
}

/** Returns the rules of a text with the changes of drop-ins. Leaves out documents without a name. */
export function rulesOf(source: Source, dropIns: readonly Source[]): readonly SurveyedRule[] {
  return applyDropIns(readYaml(source), dropIns).flatMap(({ root }) => {
    const name = textOf(valueOf(root, "rule"));
    if (root?.kind !== "map" || name === undefined) return [];
    const off = disabledAt(root);
    return [{ name, root, ...(off !== undefined && { disabledAt: off }) }];
  });
}
