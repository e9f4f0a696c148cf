import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { RuleDefaults } from "./build-rule-syntax.ts";
import { fileDiagnostic } from "../yaml/decode-source.ts";
import type { FileCode } from "./codes.ts";
import type { FaultyRule } from "./faulty-rule.ts";
import { type DisabledRule, readRules } from "./read-rules.ts";
import type { RuleSyntax } from "./rule-syntax.ts";
import { readSafeFile } from "./safe-file.ts";
import { currentTrust, type Trust } from "./trust.ts";

/** One rule file with its drop-ins. A reload keeps the running rules of a file that is now `broken`. */
export interface RuleFile {
  readonly path: string;
  /** paths of the files that change its rules */
  readonly dropIns: readonly string[];
  /** the valid rules of the file, including those whose name another file uses */
  readonly rules: readonly RuleSyntax[];
  readonly disabled: readonly DisabledRule[];
  /** its faulty rules, for further checks */
  readonly faulty: readonly FaultyRule[];
  /** errors of this file and its drop-ins alone */
  readonly diagnostics: readonly Diagnostic[];
  readonly broken: boolean;
  /** true if a drop-in could not be read or applied: rules are as without it */
  readonly lacksDropIn: boolean;
}

/**
 * Files as they were last read, by path. Reading is quick; parsing and validating takes
 * milliseconds.
 */
export type KnownFiles = Map<
  string,
  { readonly texts: readonly string[]; readonly defaults: RuleDefaults; readonly file: RuleFile }
>;

/**
 * Reads the rules of one file and its drop-ins after checking who can write them. A drop-in that
 * cannot be read makes the file broken; its rules are read without it.
 */
export function readRuleFile(
  path: string,
  defaults: RuleDefaults,
  trust: Trust = currentTrust(),
  known: KnownFiles = new Map(),
  dropIns: readonly string[] = [],
): RuleFile {
  const { result: source, diagnostics } = readSafeFile(path, trust);
  const nothing = { rules: [], disabled: [], faulty: [], lacksDropIn: false };
  if (source === undefined) return { path, dropIns, ...nothing, diagnostics, broken: true };
  const changes = dropIns.map((each) => readSafeFile(each, trust));
  const unread = changes.flatMap((change) => change.diagnostics);
  const changeSources = changes.flatMap(({ result }) => result ?? []);
  const texts = [source, ...changeSources].flatMap((each) => [each.path, each.text]);
  const earlier = known.get(path);
  const isKnown = isDeepStrictEqual(earlier?.texts, texts) && isDeepStrictEqual(earlier?.defaults, defaults);
  if (unread.length === 0 && earlier !== undefined && isKnown) return earlier.file;
  const file = parseRuleFile(source, changeSources, defaults, { path, dropIns, unread });
  if (unread.length === 0) known.set(path, { texts, defaults, file });
  return file;
}

function parseRuleFile(
  source: Source,
  changes: readonly Source[],
  defaults: RuleDefaults,
  { path, dropIns, unread }: Pick<RuleFile, "path" | "dropIns"> & { readonly unread: readonly Diagnostic[] },
): RuleFile {
  const read = readRules(source, defaults, changes);
  const diagnostics = [...unread, ...emptyFile(source), ...read.diagnostics];
  const broken = diagnostics.some(({ severity }) => severity === "error");
  return { ...read, path, dropIns, diagnostics, broken, lacksDropIn: read.lacksDropIn || unread.length > 0 };
}

/**
 * Refuses a file without any text. An editor that is about to write it, or a full disk, leaves it
 * so, and that must not remove a rule. A file with nothing but comments is meant.
 */
function emptyFile({ path, text }: Source): readonly Diagnostic[] {
  const code: FileCode = "empty-file";
  const help = "delete the file to remove its rules, or link it to /dev/null to mask one of the same name";
  return text.trim() === "" ? [fileDiagnostic(path, code, "expected a rule, found an empty file", help)] : [];
}
