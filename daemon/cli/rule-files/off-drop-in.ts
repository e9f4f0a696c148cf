import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import type { RulePlaces } from "./rule-places.ts";

const FILE = "90-disabled.yaml";
const HEADER = '# Written by "bpfwarden disable". "bpfwarden enable" removes it.\n';

/** Returns the path of the drop-in by which `bpfwarden disable` stops rules of a file. */
export function offDropIn(file: { readonly name: string }, { own }: Pick<RulePlaces, "own">): string {
  return join(own, `${file.name}.d`, FILE);
}

/** Returns the text of this drop-in, or undefined if it stops no rule. */
export function offText(rules: readonly string[]): string | undefined {
  if (rules.length === 0) return undefined;
  return HEADER + rules.map((rule) => `rule: ${rule}\nenabled: false\n`).join("---\n");
}

/**
 * Returns the rules that this drop-in stops, or the reason why the file at its path is not ours: it
 * was written or changed by somebody else. A missing file stops no rule.
 */
export function stoppedBy(path: string): readonly string[] | string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  const foreign = `${visible(path)} is in the way: "bpfwarden disable" did not write it as it is`;
  if (!stats.isFile()) return foreign;
  const text = readFileSync(path, "utf8");
  const rules = [...text.matchAll(/^rule: (.+)$/gm)].map(([, name = ""]) => name);
  return offText(rules) === text ? rules : foreign;
}
