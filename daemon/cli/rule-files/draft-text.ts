import { visible } from "../../../bpf/source/visible.ts";

/** The line that ends the part of a draft that is kept. */
const MARKER = "### Edits below this comment are discarded.";

/** A drop-in that is edited, and what the user sees beside it. */
export interface DraftParts {
  /** the path of the drop-in */
  readonly path: string;
  /** its text; empty if it does not exist */
  readonly text: string;
  /** the resulting rule as YAML */
  readonly effective: string;
}

/** Returns the text for the editor, as `systemctl edit` writes it. */
export function draftText({ path, text, effective }: DraftParts): string {
  return [
    `### Editing ${visible(path)}`,
    "### Write the keys that change between this comment and the next one, such as:",
    "### threshold: value > 20",
    "",
    text === "" ? "" : text.replace(/\n$/, ""),
    "",
    MARKER,
    "",
    "### The rule as it is now:",
    ...effective.split("\n").map((line) => (line === "" ? "" : `# ${line}`)),
  ].join("\n");
}

/**
 * Returns the part of a draft before the marker, in which each character keeps its line: errors
 * have the places that the editor shows.
 */
export function keptPart(draft: string): string {
  const at = draft.split(/^/m);
  const marker = at.findIndex((line) => line.trimEnd() === MARKER);
  return at.slice(0, marker < 0 ? at.length : marker).join("");
}

/** Returns the text of the drop-in: the kept part without our comments and empty lines around. */
export function contentOf(draft: string): string {
  const lines = keptPart(draft)
    .split("\n")
    .filter((line) => !line.startsWith("###"));
  const from = lines.findIndex((line) => line.trim() !== "");
  const to = lines.findLastIndex((line) => line.trim() !== "");
  return from < 0 ? "" : `${lines.slice(from, to + 1).join("\n")}\n`;
}
