import { statSync } from "node:fs";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { readRuleFile, readRuleFolder } from "../rules/read-rule-folder.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";

/** What rules have where neither they nor settings say anything. */
const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

export interface ReadPaths {
  readonly rules: readonly RuleSyntax[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The rules of files and folders that were named on the command line. */
export function readPaths(paths: readonly string[]): ReadPaths {
  const read = paths.map((path) =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
      ? readRuleFolder([path], DEFAULTS)
      : readRuleFile(path, DEFAULTS),
  );
  return {
    rules: read.flatMap(({ rules }) => rules),
    diagnostics: read.flatMap(({ diagnostics }) => diagnostics),
  };
}
