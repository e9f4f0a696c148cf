import { lstatSync, readlinkSync } from "node:fs";
import { positionAt } from "../../../bpf/source/position.ts";
import type { Span } from "../../../bpf/source/source.ts";
import { visible } from "../../../bpf/source/visible.ts";
import { usedLayer } from "../../rules/layered-files.ts";
import type { FoundRule } from "./find-rule.ts";

/** A state of a rule's files, and a sentence on it; undefined if they are not in this state. */
interface RuleState {
  readonly name: string;
  readonly noteOf: (found: FoundRule) => string | undefined;
}

/** The states of a rule, in the order in which they decide: a masked rule is not also disabled. */
const STATES: readonly RuleState[] = [
  {
    name: "library",
    noteOf: ({ isInLibrary, rule, file }) =>
      isInLibrary
        ? `a rule of the library that is off; "bpfwarden enable ${rule?.name ?? file.name}" turns it on`
        : undefined,
  },
  {
    name: "masked",
    noteOf: ({ file: { maskedBy } }) =>
      maskedBy === undefined ? undefined : `masked by ${visible(maskedBy)}, a link to /dev/null: it does not run`,
  },
  {
    name: "disabled",
    noteOf: ({ rule }) =>
      rule?.disabledAt === undefined ? undefined : `disabled by ${placeText(rule.disabledAt)}: it does not run`,
  },
  { name: "enabled", noteOf: () => "" },
];

/** Returns the state of a rule: one word, and a sentence that is empty if the rule runs. */
export function stateOf(found: FoundRule): { readonly state: string; readonly note: string } {
  const states = STATES.flatMap(({ name, noteOf }) => {
    const note = noteOf(found);
    return note === undefined ? [] : [{ state: name, note }];
  });
  return states[0] ?? { state: "enabled", note: "" };
}

/** Returns the files that another file of the same name replaces, without masks of masks. */
export function replacedLayers({ file }: FoundRule): readonly string[] {
  return usedLayer(file) === undefined ? [] : file.layers.slice(0, -1);
}

/** Formats a place in a file as `PATH:LINE`. */
export function placeText(span: Span): string {
  return `${visible(span.source.path)}:${positionAt(span.source, span.start).line}`;
}

/** Returns the target of a link, as it is written, or undefined for another file. */
export function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
