import {
  callNamesOf,
  CAPABILITY_NAMES,
  ERROR_NAMES,
  FAMILY_NAMES,
  type Names,
  SIGNAL_NAMES,
  TCP_STATE_NAMES,
} from "../check/names/names.ts";
import { matchesGlob } from "./matches-glob.ts";
import { numberOf, type Value } from "./value.ts";

type PureFunction = (given: readonly Value[]) => Value | undefined;

const text = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);

const ofTexts =
  (test: (text: string, other: string) => boolean): PureFunction =>
  ([first, second]) => {
    const [one, other] = [text(first), text(second)];
    return one === undefined || other === undefined ? undefined : test(one, other);
  };

const nameFrom =
  (names: Names): PureFunction =>
  ([value]) => {
    if (value === undefined || typeof value === "string") return value;
    const number = numberOf(value);
    return number === undefined ? undefined : (names.get(number) ?? number);
  };

const ofNumbers =
  (compute: (...numbers: readonly bigint[]) => Value): PureFunction =>
  (given) => {
    if (given.some((value) => typeof value === "string")) return given[0];
    const numbers = given.map(numberOf);
    return numbers.every((number) => number !== undefined) ? compute(...numbers) : undefined;
  };

/** The type names that the language casts to. */
const WIDTH = /^([su])(8|16|32|64)$/;

const cast: PureFunction = ([value, type]) => {
  const [, sign, bits] = WIDTH.exec(text(type) ?? "") ?? [];
  const number = value === undefined ? undefined : numberOf(value);
  if (bits === undefined || number === undefined) return value;
  return sign === "s" ? BigInt.asIntN(Number(bits), number) : BigInt.asUintN(Number(bits), number);
};

/** Major and minor numbers as the kernel packs them (include/linux/kdev_t.h). */
const device = ofNumbers((dev = 0n) => `${dev >> 20n}:${dev & 0xfffffn}`);

/**
 * Functions whose value follows from their arguments alone. The value of any other must be given.
 */
export const PURE_FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map<string, PureFunction>([
  ["starts_with", ofTexts((one, other) => one.startsWith(other))],
  ["ends_with", ofTexts((one, other) => one.endsWith(other))],
  ["contains", ofTexts((one, other) => one.includes(other))],
  ["glob", ofTexts(matchesGlob)],
  ["len", ([value]) => (typeof value === "string" ? BigInt(Buffer.byteLength(value)) : undefined)],
  ["str", ([value]) => text(value)],
  ["path", ([value]) => text(value)],
  ["abs", ofNumbers((number = 0n) => (number < 0n ? -number : number))],
  ["least", ofNumbers((one = 0n, other = 0n) => (one < other ? one : other))],
  ["greatest", ofNumbers((one = 0n, other = 0n) => (one > other ? one : other))],
  ["cast", cast],
  ["errno", nameFrom(ERROR_NAMES)],
  ["signal", nameFrom(SIGNAL_NAMES)],
  ["capability", nameFrom(CAPABILITY_NAMES)],
  ["tcp_state", nameFrom(TCP_STATE_NAMES)],
  ["family", nameFrom(FAMILY_NAMES)],
  ["syscall", nameFrom(callNamesOf("x86_64"))],
  ["device", device],
  ["mode", ofNumbers((bits = 0n) => `0${bits.toString(8)}`)],
  // user names need a host: a number stays a number
  ["user", ([value]) => value],
  ["port", ([value]) => value],
]);
