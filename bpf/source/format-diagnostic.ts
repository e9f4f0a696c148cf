import { codeFrame } from "./code-frame.ts";
import type { FramePainter } from "./code-frame.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { positionAt } from "./position.ts";
import { helpWithOdd } from "./odd-character.ts";
import type { Span } from "./source.ts";
import { visible } from "./visible.ts";
import { type Paint, plain, sgr, STYLES } from "./terminal-style.ts";

export interface FormatOptions {
  /** ANSI colors; off if not given */
  readonly color?: boolean;
}

/**
 * Formats diagnostics for users, sorted by path and position, with an empty line between two:
 *
 *     rules.d/x.yaml:3:9: expected a field of "args", found "er" [unknown-field]
 *        3 | filter: args.er == 0
 *          |         ^^^^^^^
 *     help: did you mean "err"?
 *
 * The related places of a diagnostic follow as `path:line:column: note: message`, each with its own
 * frame. The text does not end with a line break. Its only control characters are line breaks and,
 * on request, colors.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  const style = options.color === true ? ANSI : NO_STYLE;
  return diagnostics
    .toSorted(byPosition)
    .map((diagnostic) => formatDiagnostic(diagnostic, style))
    .join("\n\n");
}

type Style = Readonly<Record<"bold" | "error" | "warning" | "gutter" | "help", Paint>>;

const NO_STYLE: Style = { bold: plain, error: plain, warning: plain, gutter: plain, help: plain };
const ANSI: Style = {
  ...{ bold: STYLES.bold, error: sgr("1;31"), warning: sgr("1;33"), gutter: STYLES.blue, help: STYLES.cyan },
};

function byPosition(a: Diagnostic, b: Diagnostic): number {
  if (a.span.source.path !== b.span.source.path) return a.span.source.path < b.span.source.path ? -1 : 1;
  return a.span.start - b.span.start || a.span.end - b.span.end;
}

function formatDiagnostic(diagnostic: Diagnostic, style: Style): string {
  const severity = diagnostic.severity === "warning" ? `${style.warning("warning")}: ` : "";
  const help = helpOf(diagnostic);
  const painter: FramePainter = { gutter: style.gutter, mark: style[diagnostic.severity] };
  const note: FramePainter = { gutter: style.gutter, mark: style.help };
  return [
    `${style.bold(place(diagnostic.span))}: ${severity}${visible(diagnostic.message)} [${diagnostic.code}]`,
    ...frame(diagnostic.span, painter),
    ...(help === undefined ? [] : [`${style.help("help")}: ${visible(help)}`]),
    ...(diagnostic.related ?? []).flatMap(({ message, span }) => [
      `${style.bold(place(span))}: ${style.help("note")}: ${visible(message)}`,
      ...frame(span, note),
    ]),
  ].join("\n");
}

/**
 * Returns the help of a diagnostic. If the text of an error has an odd character, the help names
 * it.
 */
export function helpOf({ span, help, severity, message }: Diagnostic): string | undefined {
  if (severity !== "error" || message.includes("(U+")) return help;
  return helpWithOdd(span.source.text.slice(span.start, span.end), help);
}

/** Returns no lines for a source without text: a folder, or a file that could not be read. */
function frame(span: Span, painter: FramePainter): readonly string[] {
  return span.source.text === "" ? [] : [codeFrame(span, painter)];
}

/** Formats a place as `path:line:column`, which editors and terminals make clickable. */
export function place(span: Span): string {
  const { line, column } = positionAt(span.source, span.start);
  return `${visible(span.source.path)}:${line}:${column}`;
}
