import type { Source } from "../../../bpf/source/source.ts";
import { visible } from "../../../bpf/source/visible.ts";
import { type LayeredFile, usedLayer } from "../../rules/layered-files.ts";
import { isMask } from "../../rules/list-rule-files.ts";
import { readSafeFile } from "../../rules/safe-file.ts";
import type { Trust } from "../../rules/trust.ts";
import { unifiedDiff } from "../../text/unified-diff.ts";
import { changedKeys } from "../../yaml/node-sources.ts";
import { valueOf, type YamlNode } from "../../yaml/yaml-node.ts";
import { placeText } from "./rule-state.ts";
import { rulesOf, type SurveyedFile } from "./survey.ts";

/** A difference between what was shipped and what runs, as systemd-delta(1) names it. */
export interface Delta {
  readonly kind: "masked" | "equivalent" | "overridden" | "extended" | "disabled";
  /** the file that makes the difference */
  readonly path: string;
  /** the file that is replaced or changed */
  readonly other?: string;
  /** for replaced files: the differences of their texts */
  readonly diff?: string;
  /** for drop-ins: the keys that they change */
  readonly keys?: readonly KeyChange[];
  /** for disabled rules: the rule, and the line that disables it */
  readonly rule?: string;
  readonly place?: string;
}

export interface KeyChange {
  readonly rule: string;
  /** such as `threshold.warning` */
  readonly key: string;
  /** the spelling of the value; absent if the drop-in adds the key */
  readonly from?: string;
  readonly to: string;
}

/** Returns the differences of one file and its drop-ins. */
export function deltasOf(file: SurveyedFile, trust: Trust): readonly Delta[] {
  return [
    ...replacements(file, trust),
    ...file.dropIns.flatMap((dropIn) => replacements(dropIn, trust)),
    ...(file.maskedBy === undefined ? [...extensions(file), ...disabledRules(file)] : []),
  ];
}

/** Compares each file with the one that it replaces, from the one that counts on. */
function replacements({ layers }: LayeredFile, trust: Trust): readonly Delta[] {
  const [only, ...others] = layers;
  if (only !== undefined && others.length === 0) return isMask(only) ? [{ kind: "masked", path: only }] : [];
  return layers
    .flatMap((path, index) => {
      const other = layers[index - 1];
      return other === undefined ? [] : [replacement(path, other, trust)];
    })
    .toReversed();
}

function replacement(path: string, other: string, trust: Trust): Delta {
  if (isMask(path)) return { kind: "masked", path, other };
  const [from, to] = [textOf(other, trust), textOf(path, trust)];
  if (from === to) return { kind: "equivalent", path, other };
  const diff = unifiedDiff({ name: visible(other), text: from }, { name: visible(path), text: to });
  return { kind: "overridden", path, other, diff };
}

/** Returns the text of a file; that of a mask, or of a file that is refused, is empty. */
const textOf = (path: string, trust: Trust): string =>
  isMask(path) ? "" : (readSafeFile(path, trust).result?.text ?? "");

function extensions(file: SurveyedFile): readonly Delta[] {
  const other = usedLayer(file);
  if (other === undefined) return [];
  return file.dropInSources.map((source) => ({
    ...{ kind: "extended" as const, path: source.path, other },
    keys: keysOf(file, source),
  }));
}

/** Returns the keys of the result that have their value from a drop-in. */
function keysOf(file: SurveyedFile, dropIn: Source): readonly KeyChange[] {
  const before = file.source === undefined ? [] : rulesOf(file.source, []);
  return file.rules.flatMap(({ name, root }) => {
    const base = before.find((rule) => rule.name === name)?.root;
    return changedKeys(root)
      .filter(({ span }) => span.source.path === dropIn.path)
      .map(({ key, value }) => {
        const old = key.split(".").reduce<YamlNode | undefined>(valueOf, base);
        return { rule: name, key, ...(old !== undefined && { from: spelled(old) }), to: spelled(value) };
      });
  });
}

function disabledRules({ rules }: SurveyedFile): readonly Delta[] {
  return rules.flatMap(({ name, disabledAt }) =>
    disabledAt === undefined
      ? []
      : [{ kind: "disabled" as const, path: disabledAt.source.path, rule: name, place: placeText(disabledAt) }],
  );
}

/** Returns a value as it is written, in one line. */
const spelled = ({ span: { source, start, end } }: YamlNode): string =>
  source.text.slice(start, end).trim().replaceAll(/\s+/g, " ");
