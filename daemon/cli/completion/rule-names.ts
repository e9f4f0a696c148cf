import { findRule } from "../rule-files/find-rule.ts";
import { rulePlaces, surveyPlaces } from "../rule-files/rule-places.ts";
import { stateOf } from "../rule-files/rule-state.ts";
import type { Survey, SurveyedFile } from "../rule-files/survey.ts";

/** Returns the names of the rules in the rules folders. */
export function presentRules(config: string | undefined): readonly string[] {
  return namesIn(surveyOf(config).files);
}

/** Returns the names of the rules in the rules folders and in the library. */
export function knownRules(config: string | undefined): readonly string[] {
  const { files, library } = surveyOf(config);
  return namesIn([...files, ...library]);
}

/** Returns the names of the rules that run. */
export function enabledRules(config: string | undefined): readonly string[] {
  return withState(surveyOf(config), (state) => state === "enabled");
}

/** Returns the names of the rules that `bpfwarden enable` can turn on. */
export function stoppedRules(config: string | undefined): readonly string[] {
  return withState(surveyOf(config), (state) => state === "library" || state === "disabled");
}

const surveyOf = (config: string | undefined): Survey => surveyPlaces(rulePlaces(config));

function withState(survey: Survey, isWanted: (state: string) => boolean): readonly string[] {
  return namesIn([...survey.files, ...survey.library]).filter((name) => {
    const found = findRule(name, survey);
    return typeof found !== "string" && isWanted(stateOf(found).state);
  });
}

function namesIn(files: readonly SurveyedFile[]): readonly string[] {
  return [...new Set(files.flatMap(({ rules }) => rules.map(({ name }) => name)))].toSorted();
}
