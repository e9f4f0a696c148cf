import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "../../../bpf/source/source.ts";
import { visible } from "../../../bpf/source/visible.ts";
import { usedLayer } from "../../rules/layered-files.ts";
import { readSafeFile } from "../../rules/safe-file.ts";
import { mergedText } from "./cat-text.ts";
import { draftText } from "./draft-text.ts";
import type { FoundRule } from "./find-rule.ts";
import { isLibraryLink } from "./library-link.ts";
import { placeFault } from "./place-for.ts";
import type { RulePlaces } from "./rule-places.ts";

/** A file that is edited. */
export interface EditTarget {
  readonly found: FoundRule;
  /** in the administrator's rules folder */
  readonly path: string;
  /** the present text of the file at this path; undefined if there is none */
  readonly existing?: string;
  /** what the editor begins with */
  readonly draft: string;
  /** returns the sources of rule and drop-ins as they would be with this text */
  readonly sourcesWith: (text: Source) => RuleSources;
}

/** The text of a rule file and of its drop-ins, in their order. */
export interface RuleSources {
  readonly source: Source;
  readonly dropIns: readonly Source[];
}

const OVERRIDE = "override.yaml";

/** Returns the drop-in to edit, or the reason why there cannot be one. */
export function dropInTarget(found: FoundRule, places: RulePlaces): EditTarget | string {
  const { file, rule, isInLibrary } = found;
  const { source } = file;
  const fault = offFault(found);
  if (fault !== undefined) return fault;
  if (isInLibrary)
    return `"${file.name}" is in the library and off: turn it on with "bpfwarden enable", or copy it with --full`;
  if (source === undefined) return unreadable(found);
  const name = `${file.name}.d/${OVERRIDE}`;
  const path = join(places.own, name);
  const existing = existingText(path, places);
  if ("fault" in existing) return existing.fault;
  const needsName = file.rules.length > 1 && rule !== undefined;
  const text = existing.text ?? (needsName ? `rule: ${rule.name}\n` : "");
  const paths = new Map(file.dropIns.map((each) => [usedLayer(each), each.name]));
  const named = file.dropInSources.map((each) => ({ name: paths.get(each.path) ?? "", each }));
  return {
    ...{ found, path, draft: draftText({ path, text, effective: mergedText(found) }) },
    ...(existing.text !== undefined && { existing: existing.text }),
    sourcesWith: (changed) => ({
      source,
      dropIns: [...named.filter((each) => each.name !== name), { name, each: changed }]
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ each }) => each),
    }),
  };
}

/** Returns the copy of a whole rule file to edit, or the reason why there cannot be one. */
export function wholeTarget(found: FoundRule, places: RulePlaces): EditTarget | string {
  const { file, isInLibrary } = found;
  const fault = offFault(found);
  if (fault !== undefined) return fault;
  if (file.source === undefined) return unreadable(found);
  const path = join(places.own, isInLibrary ? file.name.slice(file.name.lastIndexOf("/") + 1) : file.name);
  const used = usedLayer(file);
  if (file.layers.includes(path) && used !== path)
    return `${visible(used ?? "")} replaces ${visible(path)}: a change there has no effect`;
  // A link to the library becomes a copy.
  const existing = isLibraryLink(path) ? {} : existingText(path, places);
  if ("fault" in existing) return existing.fault;
  return {
    ...{ found, path, draft: file.source.text },
    ...(existing.text !== undefined && { existing: existing.text }),
    sourcesWith: (source) => ({ source, dropIns: file.dropInSources }),
  };
}

function offFault({ file: { name, maskedBy } }: FoundRule): string | undefined {
  return maskedBy === undefined ? undefined : `"${name}" is masked by ${visible(maskedBy)}, a link to /dev/null`;
}

function unreadable({ file }: FoundRule): string {
  const [fault] = file.diagnostics;
  return `${visible(fault?.span.source.path ?? file.name)} cannot be read: ${fault?.message ?? "it has no text"}`;
}

interface Existing {
  readonly text?: string;
}

function existingText(path: string, places: RulePlaces): Existing | { readonly fault: string } {
  const unsafe = placeFault(path, places);
  if (unsafe !== undefined) return { fault: unsafe };
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return {};
  if (!stats.isFile()) return { fault: `${visible(path)} is in the way: expected a regular file` };
  const { result, diagnostics } = readSafeFile(path, places.trust);
  if (result !== undefined) return { text: result.text };
  return { fault: `${visible(path)} cannot be read: ${diagnostics[0]?.message ?? "it has no text"}` };
}
