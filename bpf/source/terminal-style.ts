/** Shows a text in a style of terminals. */
export type Paint = (text: string) => string;

/** Returns the paint of codes of Select Graphic Rendition (ECMA-48 §8.3.117), such as "1;31". */
export function sgr(codes: string): Paint {
  return (text) => `\u001b[${codes}m${text}\u001b[0m`;
}

/** Shows a text as it is. */
export const plain: Paint = (text) => text;

/** The styles that have a name. */
export const STYLES = {
  bold: sgr("1"),
  dim: sgr("2"),
  red: sgr("31"),
  green: sgr("32"),
  yellow: sgr("33"),
  blue: sgr("34"),
  magenta: sgr("35"),
  cyan: sgr("36"),
} as const satisfies Readonly<Record<string, Paint>>;
