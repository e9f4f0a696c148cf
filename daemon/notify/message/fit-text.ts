import { piecesOf, visibleJson } from "../../../bpf/source/visible.ts";

/** The limit of a service for a text. */
export interface TextLimit {
  readonly max: number;
  /** returns the size of a text, in the unit of `max` */
  readonly size: (text: string) => number;
}

/** A limit in UTF-16 units, which is never below the number of characters. */
export const characters = (max: number): TextLimit => ({ max, size: (text) => text.length });
/** A limit in bytes of UTF-8. */
export const bytes = (max: number): TextLimit => ({ max, size: (text) => Buffer.byteLength(text) });

/** The size of the JSON of a string, without its quotes. */
const jsonBytes = (text: string): number => Buffer.byteLength(visibleJson(JSON.stringify(text))) - 2;

/**
 * A limit for what texts take in a body of JSON, in bytes. A text of backslashes takes twice its
 * length there.
 *
 * @param perLine the bytes that each line takes beside its text
 */
export const inJson = (max: number, perLine = 0): TextLimit => ({ max, size: (text) => jsonBytes(text) + perLine });

/** One line: a text, and how it is written in the markup of a service. */
export interface Line {
  readonly text: string;
  readonly show: (text: string) => string;
}

/**
 * Cuts a text so that it fits as the service shows it. It cuts between whole graphemes and whole
 * escapes of `visible`, before the text is escaped for the service. Returns an empty text if not
 * even one of them fits.
 */
export function cutToFit(
  text: string,
  { max, size }: TextLimit,
  show: (text: string) => string = (same) => same,
): string {
  const fits = (shown: string): boolean => size(show(shown)) <= max;
  if (fits(text)) return text;
  // No piece takes less than one unit, so no more of them can fit.
  const pieces = [...piecesOf(text.slice(0, 2 * Math.max(0, max)))].slice(0, Math.max(0, max));
  let [least, most] = [0, pieces.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(`${pieces.slice(0, middle).join("")}…`)) least = middle;
    else most = middle - 1;
  }
  return least === 0 ? "" : `${pieces.slice(0, least).join("")}…`;
}

/** A line that is cut to less says nothing. */
const LEAST_CHARACTERS = 20;

/**
 * Writes lines as far as they fit: those that come first matter most. A line that does not fit is
 * cut. The last line says how many are left out. The first line is always written, cut to nothing
 * if need be.
 */
export function fitLines(lines: readonly Line[], { max, size }: TextLimit, between = "\n"): readonly string[] {
  const written: string[] = [];
  const reserve = size(`${between}${omission(lines.length)}`);
  let left = max;
  for (const [index, line] of lines.entries()) {
    const shown = line.show(line.text);
    const gap = written.length === 0 ? 0 : size(between);
    const isLast = index === lines.length - 1;
    const room = left - gap - (isLast ? 0 : reserve);
    if (size(shown) <= room) {
      written.push(shown);
      left -= gap + size(shown);
      continue;
    }
    const cut = cutToFit(line.text, { max: room, size }, line.show);
    const isWorth = index === 0 || cut.length >= LEAST_CHARACTERS;
    if (isWorth) written.push(line.show(cut));
    const omitted = lines.length - index - (isWorth ? 1 : 0);
    if (omitted > 0) written.push(omission(omitted));
    break;
  }
  return written;
}

const omission = (count: number): string => `… and ${count} more ${count === 1 ? "line" : "lines"}`;
