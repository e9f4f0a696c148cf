import { DURATION_UNITS, SIZE_UNITS } from "../../bpf/language/number.ts";

/** What one interval counts: `count` times `value`; absent where nothing is counted. */
export type SeriesItem = { readonly value: number; readonly count: number } | undefined;

/** Values that a series may have: a week of seconds. */
export const MOST_ITEMS = 604_800;

/** The values of a series; `bad` is the first piece that is none. */
export type Series =
  | { readonly items: readonly SeriesItem[]; readonly bad?: undefined }
  | { readonly bad: { readonly message: string; readonly start: number; readonly end: number } };

const NUMBER = String.raw`-?[0-9][0-9_]*(?:\.[0-9]+)?(?:[a-zA-Z]*[a-wyzA-Z])?`;
const ITEM = new RegExp(
  String.raw`^(?:(?<none>_)|(?<value>${NUMBER})(?:\*(?<count>[0-9]+))?(?:(?<sign>[+-])(?<step>${NUMBER}))?)(?:x(?<times>[0-9]+))?$`,
);

/**
 * Reads the notation that promtool has for series, where `a+bxn` is a and n steps of b beyond it, so n + 1 values, `axn` likewise, and
 * `_xn` is n times none. Beyond it, values have units (`5ms`, `4KiB`), and `v*n` is n events of the value v.
 */
export function parseSeries(text: string): Series {
  const items: SeriesItem[] = [];
  for (const match of text.matchAll(/\S+/g)) {
    const [piece] = match;
    const place = { start: match.index, end: match.index + piece.length };
    const found = expand(piece);
    if (found === undefined) return { bad: { message: `expected a value, found "${piece}"`, ...place } };
    if (items.length + found.length > MOST_ITEMS) {
      return { bad: { message: `expected at most ${MOST_ITEMS} values, found more`, ...place } };
    }
    for (const item of found) items.push(item);
  }
  return { items };
}

function expand(piece: string): readonly SeriesItem[] | undefined {
  const groups = ITEM.exec(piece)?.groups;
  if (groups === undefined) return undefined;
  const times = Math.min(Number(groups["times"] ?? 0), MOST_ITEMS);
  if (groups["none"] !== undefined)
    return new Array<undefined>(groups["times"] === undefined ? 1 : times).fill(undefined);
  const value = numberOf(groups["value"] ?? "");
  const step = numberOf(groups["step"] ?? "0");
  if (value === undefined || step === undefined) return undefined;
  const count = Number(groups["count"] ?? 1);
  const sign = groups["sign"] === "-" ? -1 : 1;
  return Array.from({ length: times + 1 }, (_, index) => ({ value: value + sign * step * index, count }));
}

/** A number with or without a unit; durations are nanoseconds. Undefined where the unit is none. */
export function numberOf(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(-?[0-9_.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  if (digits === "") return undefined;
  const number = Number(digits.replaceAll("_", ""));
  const factor = unit === "" ? 1n : (DURATION_UNITS.get(unit) ?? SIZE_UNITS.get(unit));
  return factor === undefined || Number.isNaN(number) ? undefined : number * Number(factor);
}
