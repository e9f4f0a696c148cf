import { positionAt } from "../../../bpf/source/position.ts";
import type { Span } from "../../../bpf/source/source.ts";
import { changedKeys } from "../../yaml/node-sources.ts";
import { plainValue } from "../../yaml/yaml-node.ts";
import type { FoundRule } from "./find-rule.ts";
import { linkTarget, replacedLayers, stateOf } from "./rule-state.ts";
import type { SurveyedRule } from "./survey.ts";

/** Returns what `bpfwarden cat --json` prints for a rule or a file. */
export function catReport(found: FoundRule): object {
  const { file, rule } = found;
  const { state, note } = stateOf(found);
  return {
    ...(rule !== undefined && { rule: rule.name }),
    file: file.name,
    state,
    ...(note !== "" && { note }),
    files: [...(file.source === undefined ? [] : [file.source]), ...file.dropInSources].map(({ path, text }) => {
      const target = linkTarget(path);
      return { path, ...(target !== undefined && { link: target }), text };
    }),
    replaced: replacedLayers(found),
    ...(file.maskedBy !== undefined && { maskedBy: file.maskedBy }),
    merged: (rule === undefined ? file.rules : [rule]).map(mergedReport),
  };
}

function mergedReport({ name, root, disabledAt }: SurveyedRule): object {
  return {
    rule: name,
    ...(disabledAt !== undefined && { disabledAt: placeOf(disabledAt) }),
    value: plainValue(root),
    changed: changedKeys(root).map(({ key, span }) => ({ key, ...placeOf(span) })),
  };
}

function placeOf(span: Span): object {
  return { path: span.source.path, line: positionAt(span.source, span.start).line };
}
