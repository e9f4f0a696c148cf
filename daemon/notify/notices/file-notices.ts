import { basename } from "node:path";
import type { Diagnostic } from "../../../bpf/source/diagnostic.ts";
import { positionAt } from "../../../bpf/source/position.ts";
import type { DaemonNotice, DaemonNotices } from "./daemon-notices.ts";
import { isSettingsPath } from "../../rules/settings-files.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";

type Notice = Omit<DaemonNotice, "alertname">;

/** The content of the files, and the rules of it that run. */
export interface FileStanding {
  /** of files, of folders, and of rules that could not be loaded */
  readonly diagnostics: readonly Diagnostic[];
  /** rules without an error in their file */
  readonly found: readonly RuleSyntax[];
  /** the file that each running rule was read from, by the rule's name */
  readonly running: ReadonlyMap<string, string>;
  /** the file that each rule of an earlier process was read from, by the rule's name */
  readonly remembered: ReadonlyMap<string, string>;
  readonly settingsPath: string;
}

/** The most files and rules with a notice of their own: ten thousand alerts would help nobody. */
const MOST = 100;

const WHOLE = "the file is whole again, or gone";

/** Raises the notices about files, and ends those whose cause is gone. */
export function noticeFiles(notices: DaemonNotices, standing: FileStanding): void {
  notices.set("BpfwardenRuleFileBroken", fileNotices(standing), WHOLE);
  noticeSettings(notices, standing);
  notices.set("BpfwardenRuleNotRunning", ruleNotices(standing), "the rule runs, or is in no file any more");
}

/**
 * Does the same for the settings alone. To be called before new settings hold: the end of a notice
 * goes to the receivers of its start.
 */
export function noticeSettings(
  notices: DaemonNotices,
  standing: Pick<FileStanding, "diagnostics" | "settingsPath">,
): void {
  notices.set("BpfwardenSettingsBroken", settingsNotices(standing), WHOLE);
}

/**
 * Returns a notice for each rule file with an error: its rules that ran run on. An error in a rule
 * that does not run is left to `ruleNotices`.
 */
function fileNotices({ diagnostics, found, running, settingsPath }: FileStanding): readonly Notice[] {
  const stopped = Map.groupBy(
    found.filter(({ name }) => !running.has(name.text)),
    ({ source }) => source,
  );
  const errors = diagnostics
    .filter(isError)
    .filter(({ span }) => !isSettingsPath(span.source.path, settingsPath))
    .filter(({ span }) => stopped.get(span.source)?.some((rule) => contains(rule, span)) !== true);
  const byFile = [...Map.groupBy(errors, ({ span }) => span.source.path)].slice(0, MOST);
  return byFile.map(([file, all]) => {
    const left = [...running].flatMap(([name, path]) => (path === file ? [name] : []));
    const runs = left.length === 0 ? "nothing of it runs" : `what ran of it runs on as it was: ${left.join(", ")}`;
    return { labels: { file }, level: "warning", reason: `${firstOf(all)}; ${runs}` };
  });
}

/**
 * Returns a notice for each rule that is in a file and does not run: it was refused by the kernel,
 * or is known only from before a restart.
 */
function ruleNotices({ diagnostics, found, running, remembered }: FileStanding): readonly Notice[] {
  const errors = Map.groupBy(diagnostics.filter(isError), ({ span }) => span.source.path);
  const inFile = (path: string): readonly Diagnostic[] => errors.get(path) ?? [];
  const refused = found
    .filter(({ name }) => !running.has(name.text))
    .slice(0, MOST)
    .map(({ name, source, span }) => {
      const own = inFile(source.path).filter((error) => contains({ source, span }, error.span));
      return noticeOf(name.text, source.path, own);
    });
  const named = new Set(found.map(({ name }) => name.text));
  const lost = [...remembered].flatMap(([rule, file]) => {
    const own = inFile(file);
    return running.has(rule) || named.has(rule) || own.length === 0 ? [] : [noticeOf(rule, file, own)];
  });
  return [...refused, ...lost.slice(0, MOST)];
}

/**
 * Returns a notice for each file of settings with an error: the settings cannot be used, so that
 * the older ones hold, or if one of their receivers cannot.
 */
function settingsNotices({
  diagnostics,
  settingsPath,
}: Pick<FileStanding, "diagnostics" | "settingsPath">): readonly Notice[] {
  const errors = diagnostics.filter(isError).filter(({ span }) => isSettingsPath(span.source.path, settingsPath));
  const isOnlyReceivers = errors.every(({ code }) => code === "bad-receiver");
  const what = isOnlyReceivers ? "the other settings are in force" : "the settings that were read before hold on";
  return [...Map.groupBy(errors, ({ span }) => span.source.path)].slice(0, MOST).map(([file, all]) => {
    return { labels: { file }, level: "warning", reason: `${firstOf(all)}; ${what}` };
  });
}

function noticeOf(rule: string, file: string, errors: readonly Diagnostic[]): Notice {
  const why = errors.length === 0 ? `the rule could not be loaded from ${basename(file)}` : firstOf(errors);
  return { labels: { rule, file }, level: "warning", reason: `the rule does not run: ${why}` };
}

/** Returns the first error in the text, and the number of others. */
function firstOf(errors: readonly Diagnostic[]): string {
  const [first] = errors.toSorted((a, b) => a.span.start - b.span.start);
  if (first === undefined) return "";
  const { line, column } = positionAt(first.span.source, first.span.start);
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  return `${basename(first.span.source.path)}:${line}:${column}: ${first.message} [${first.code}]${more}`;
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function contains({ source, span }: Pick<RuleSyntax, "source" | "span">, inner: Diagnostic["span"]): boolean {
  return source === inner.source && span.start <= inner.start && inner.end <= span.end;
}
