import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import { usedLayer } from "../../rules/layered-files.ts";
import { isMask } from "../../rules/list-rule-files.ts";
import type { FileChange } from "./file-change.ts";
import { findRule, type FoundRule } from "./find-rule.ts";
import { isLibraryLink } from "./library-link.ts";
import { offDropIn, offText, stoppedBy } from "./off-drop-in.ts";
import { placeFault } from "./place-for.ts";
import type { RulePlaces } from "./rule-places.ts";
import { placeText } from "./rule-state.ts";
import type { Survey, SurveyedRule } from "./survey.ts";

/** The change that turns a rule on or off. */
export interface SwitchPlan {
  readonly rule: string;
  /** undefined if the rule is in that state already */
  readonly change?: FileChange;
  /** the reason if nothing changes, or what else to know */
  readonly note?: string;
}

/** Plans a switch, or returns the reason why it is impossible. */
export type PlanSwitch = (name: string, survey: Survey, places: RulePlaces) => SwitchPlan | string;

interface NamedRule {
  readonly found: FoundRule;
  readonly rule: SurveyedRule;
}

/** Plans to link a rule of the library, or to remove what `bpfwarden disable` wrote. */
export const planEnable: PlanSwitch = (name, survey, places) => {
  const named = oneRule(name, survey);
  if (typeof named === "string") return named;
  const { found, rule } = named;
  if (found.isInLibrary) return planLink(named, places);
  const { maskedBy } = found.file;
  if (maskedBy !== undefined) return maskedText(rule.name, maskedBy);
  if (rule.disabledAt === undefined) return { rule: rule.name, note: `${rule.name} is on already` };
  const path = offDropIn(found.file, places);
  const by = rule.disabledAt.source.path;
  const stopped = stoppedBy(path);
  if (by !== path || typeof stopped === "string")
    return `"${rule.name}" is disabled by ${placeText(rule.disabledAt)}, which "bpfwarden disable" did not write: change it there`;
  return planStopped(
    rule.name,
    path,
    stopped.filter((each) => each !== rule.name),
    places,
  );
};

/** Plans to remove the link to a rule of the library, or to stop any other rule with a drop-in. */
export const planDisable: PlanSwitch = (name, survey, places) => {
  const named = oneRule(name, survey);
  if (typeof named === "string") return named;
  const { found, rule } = named;
  const note = offNote(named);
  if (note !== undefined) return { rule: rule.name, note };
  const link = libraryLink(found, places);
  if (link !== undefined) return planUnlink(named, link, places);
  const path = offDropIn(found.file, places);
  const stopped = stoppedBy(path);
  if (typeof stopped === "string") return stopped;
  return planStopped(rule.name, path, [...stopped.filter((each) => each !== rule.name), rule.name], places);
};

function oneRule(name: string, survey: Survey): NamedRule | string {
  const found = findRule(name, survey);
  if (typeof found === "string") return found;
  if (found.rule !== undefined) return { found, rule: found.rule };
  const { file } = found;
  const [fault] = file.diagnostics;
  if (file.maskedBy !== undefined) return maskedText(name, file.maskedBy);
  if (fault !== undefined) return `${visible(fault.span.source.path)} cannot be read: ${fault.message}`;
  const names = file.rules.map((rule) => `"${rule.name}"`);
  return names.length === 0
    ? `the file "${name}" has no rule with a name`
    : `the file "${name}" has several rules: name one of ${names.join(", ")}`;
}

const maskedText = (name: string, link: string): string =>
  `"${name}" is masked: remove the link ${visible(link)} to /dev/null to turn it on`;

function planLink({ found, rule }: NamedRule, places: RulePlaces): SwitchPlan | string {
  const target = usedLayer(found.file) ?? "";
  const path = join(places.own, basename(target));
  if (isMask(path)) return maskedText(rule.name, path);
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    return `${visible(path)} is in the way of a link to ${visible(target)}`;
  return placeFault(path, places) ?? { rule: rule.name, change: { kind: "link", path, target } };
}

function planUnlink({ found, rule }: NamedRule, path: string, places: RulePlaces): SwitchPlan | string {
  const fault = placeFault(path, places);
  if (fault !== undefined) return fault;
  const left = found.file.dropIns.length === 0 ? {} : { note: `its drop-ins stay in ${visible(`${path}.d`)}` };
  return { rule: rule.name, change: { kind: "remove", path }, ...left };
}

function planStopped(rule: string, path: string, stopped: readonly string[], places: RulePlaces): SwitchPlan | string {
  const fault = placeFault(path, places);
  if (fault !== undefined) return fault;
  const text = offText(stopped);
  return { rule, change: text === undefined ? { kind: "remove", path } : { kind: "write", path, text } };
}

/** Says why a rule does not run, or returns undefined if it does. */
function offNote({ found, rule }: NamedRule): string | undefined {
  const { maskedBy } = found.file;
  if (found.isInLibrary) return `${rule.name} is off already: no rules folder has it`;
  if (maskedBy !== undefined) return `${rule.name} is off already: ${visible(maskedBy)} masks it`;
  return rule.disabledAt && `${rule.name} is off already: ${placeText(rule.disabledAt)} disables it`;
}

/** Returns the path of the administrator's link to a rule of the library, if that is all there is. */
function libraryLink({ file }: FoundRule, { own }: RulePlaces): string | undefined {
  const path = join(own, file.name);
  return file.layers.length === 1 && file.layers[0] === path && isLibraryLink(path) ? path : undefined;
}
