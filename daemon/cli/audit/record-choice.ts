import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { type Matcher, matches } from "../../matchers/matcher.ts";
import { parseMatchers, plainText } from "../../matchers/parse-matchers.ts";
import { wantsColor } from "../../service/wants-color.ts";
import { pastTime } from "../past-time.ts";
import { fieldText, type LogRecord } from "./log-records.ts";

/** The options that choose records. */
export interface ChoiceOptions {
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
  readonly command?: string;
}

/** Matchers on the command line that cannot be read. */
export class WrongMatchers extends Error {}

/**
 * Returns a test of records: of their fields by matchers, of their time by the options. Throws
 * WrongTime or WrongMatchers.
 */
export function choiceOf(texts: readonly string[], options: ChoiceOptions): (record: LogRecord) => boolean {
  const { since, until, user, command } = options;
  const fromMs = since === undefined ? -Infinity : Date.parse(pastTime("--since", since));
  const toMs = until === undefined ? Infinity : Date.parse(pastTime("--until", until));
  const matchers = [
    ...texts.flatMap(matchersIn),
    ...(user === undefined ? [] : [{ name: "user", operator: "=", value: user } as const]),
    ...(command === undefined ? [] : [{ name: "command", operator: "=~", value: regexOfGlob(command) } as const]),
  ];
  return (record) => {
    const atMs = Date.parse(record.time);
    return atMs >= fromMs && atMs < toMs && matchers.every((matcher) => isMatch(matcher, record));
  };
}

function matchersIn(text: string): readonly Matcher[] {
  const { result, diagnostics } = parseMatchers(plainText({ path: "matcher", text }));
  if (result === undefined || diagnostics.length > 0)
    throw new WrongMatchers(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
  return result;
}

function isMatch(matcher: Matcher, record: LogRecord): boolean {
  return matches(matcher, { [matcher.name]: fieldText(record, matcher.name) });
}

/** Returns the regular expression of a pattern with `*` and `?`, for the whole text. */
function regexOfGlob(glob: string): string {
  const literal = glob.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return `(?s)${literal.replaceAll("*", ".*").replaceAll("?", ".")}`;
}
