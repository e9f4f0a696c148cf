import { statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { findConfiguration } from "../find-configuration.ts";
import { dropDuplicates } from "../rules/duplicate-rules.ts";
import { readRuleFile, readRuleFolder } from "../rules/read-rule-folder.ts";
import type { FaultyRule } from "../rules/faulty-rule.ts";
import type { RuleSyntax } from "../rules/rule-syntax.ts";
import { isMissing } from "../rules/safe-file.ts";

/** What rules have where neither they nor settings say anything. */
export const DEFAULTS = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };
const DEFAULT_MEMORY_BYTES = 64 << 20;

export interface ReadPaths {
  /** with unique names */
  readonly rules: readonly RuleSyntax[];
  readonly faulty: readonly FaultyRule[];
  readonly diagnostics: readonly Diagnostic[];
  /** kernel memory that a rule may take, by the settings beside it */
  readonly memoryBytesOf: (rule: RuleSyntax) => number;
}

interface ReadPath extends Omit<ReadPaths, "memoryBytesOf"> {
  readonly memoryBytes?: number;
}

/**
 * The rules of what was named on the command line: files, folders of them, and folders that `run` takes, with `rules.d` and
 * `bpfwarden.yaml`, whose rules have the settings there and must name actions of theirs.
 */
export function readPaths(paths: readonly string[]): ReadPaths {
  const read = paths.map(readPath);
  const unique = dropDuplicates(read.flatMap(({ rules }) => rules));
  return {
    rules: unique.rules,
    faulty: read.flatMap(({ faulty }) => faulty),
    diagnostics: [...read.flatMap(({ diagnostics }) => diagnostics), ...unique.diagnostics],
    memoryBytesOf: (rule) => read.find(({ rules }) => rules.includes(rule))?.memoryBytes ?? DEFAULT_MEMORY_BYTES,
  };
}

function readPath(path: string): ReadPath {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return readRuleFile(path, DEFAULTS);
  return ["rules.d", "bpfwarden.yaml"].some((name) => !isMissing(join(path, name)))
    ? readConfiguration(path)
    : readRuleFolder([path], DEFAULTS);
}

/** Where the settings are faulty, `run` does not start; what is wrong with the rules by themselves is told all the same. */
function readConfiguration(folder: string): ReadPath {
  const found = findConfiguration(folder, hostname(), undefined, new Map());
  if (found.settings !== undefined) return { ...found, memoryBytes: found.settings.limits.memoryBytes };
  const { rules, faulty, diagnostics } = readRuleFolder([join(folder, "rules.d")], DEFAULTS);
  return { rules, faulty, diagnostics: [...found.diagnostics, ...diagnostics] };
}
