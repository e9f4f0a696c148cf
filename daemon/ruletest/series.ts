import { DURATION_UNITS, SIZE_UNITS } from "../../bpf/language/number.ts";

/** The counts of one interval: `count` times `value`; undefined if nothing is counted. */
export type SeriesItem = { readonly value: number; readonly count: number } | undefined;

/** The most values in a series: a week of seconds. */
export const MOST_ITEMS = 604_800;

/** The values of a series; `bad` is the first invalid piece. */
export type Series =
  | { readonly items: readonly SeriesItem[]; readonly bad?: undefined }
  | { readonly bad: { readonly message: string; readonly start: number; readonly end: number } };

const NUMBER = String.raw`-?[0-9][0-9_]*(?:\.[0-9]+)?(?:[a-zA-Z]*[a-wyzA-Z])?`;
const ITEM = new RegExp(
  String.raw`^(?:(?<none>_)|(?<value>${NUMBER})(?:\*(?<count>[0-9]+))?(?:(?<sign>[+-])(?<step>${NUMBER}))?)(?:x(?<times>[0-9]+))?$`,
);

/**
 * Parses promtool's notation for series: `a+bxn` is a and then n steps of b, so n + 1 values. `axn`
 * is n + 1 values of a, and `_xn` is n times no value.
 *
 * In addition, values have units (`5ms`, `4KiB`), and `v*n` is n events with the value v.
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

/**
 * Reads a number with an optional unit; durations are nanoseconds. Returns undefined for an unknown
 * unit.
 */
export function numberOf(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(-?[0-9_.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  if (digits === "") return undefined;
  const number = Number(digits.replaceAll("_", ""));
  const factor = unit === "" ? 1n : (DURATION_UNITS.get(unit) ?? SIZE_UNITS.get(unit));
  return factor === undefined || Number.isNaN(number) ? undefined : number * Number(factor);
}
