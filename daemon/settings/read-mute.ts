import { didYouMean } from "../../bpf/source/did-you-mean.ts";
import { type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import { itemsOf, textOf, valueOf } from "../yaml/yaml-node.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./values/codes.ts";
import { type HourRange, type MuteWindow, type Weekday, WEEKDAYS } from "./mute-window.ts";

/** The default of Alertmanager's time intervals. */
const DEFAULT_ZONE = "UTC";
/** The host's own zone. */
const LOCAL = "local";

/**
 * Reads `mute:` of a rule or route, one window or a list. Valid only if neither the schema nor
 * `checkMute` found an error.
 */
export function readMute(node: YamlNode | undefined): readonly MuteWindow[] {
  return itemsOf(node).flatMap((window) => {
    const days = readDays(valueOf(window, "days"));
    const zone = readZone(textOf(valueOf(window, "zone")) ?? DEFAULT_ZONE) ?? DEFAULT_ZONE;
    const hours = itemsOf(valueOf(window, "hours")).flatMap((item) => readHours(textOf(item) ?? "") ?? []);
    return hours.length === 0 ? [{ days, zone }] : hours.map((range) => ({ days, hours: range, zone }));
  });
}

/**
 * Checks `mute:` beyond the schema: days and zones must exist, and hours must not end where they
 * begin.
 */
export function checkMute(node: YamlNode | undefined): readonly Diagnostic[] {
  return itemsOf(node).flatMap((window) => [
    ...checkSomething(window),
    ...itemsOf(valueOf(window, "days")).flatMap(checkDay),
    ...itemsOf(valueOf(window, "hours")).flatMap(checkHours),
    ...checkZone(valueOf(window, "zone")),
  ]);
}

function checkSomething(window: YamlNode): readonly Diagnostic[] {
  if (window.kind !== "map" || window.entries.length === 0) return [];
  if (window.entries.some(({ key }) => key.text !== "zone")) return [];
  const help = 'write "days: [sat, sun]", "hours: 22:00-06:00", or both';
  return [{ code: "missing-key", severity: "error", message: 'expected "days" or "hours"', span: window.span, help }];
}

function checkDay(node: YamlNode): readonly Diagnostic[] {
  const text = textOf(node);
  if (text === undefined) return [];
  const unknown = text.split("-").find((name) => !isWeekday(name));
  if (unknown === undefined && text.split("-").length <= 2) return [];
  if (unknown === undefined) return [error("unknown-day", `expected a day or two, found "${text}"`, node, DAYS_HELP)];
  const meant = WEEKDAYS.find((day) => unknown.toLowerCase().startsWith(day));
  const help = meant === undefined ? (didYouMean(unknown, WEEKDAYS) ?? DAYS_HELP) : `did you mean "${meant}"?`;
  return [error("unknown-day", `unknown day "${unknown}"`, node, help)];
}

const DAYS_HELP = `the days are ${WEEKDAYS.join(", ")}, or from one to another: mon-fri`;

function checkHours(node: YamlNode): readonly Diagnostic[] {
  const hours = readHours(textOf(node) ?? "");
  if (hours === undefined || hours.startMinute !== hours.endMinute) return [];
  const help = 'remove "hours" for the whole day';
  return [error("out-of-range", `expected two times that differ, found ${textOf(node) ?? ""}`, node, help)];
}

function checkZone(node: YamlNode | undefined): readonly Diagnostic[] {
  const text = textOf(node);
  if (node === undefined || text === undefined || readZone(text) !== undefined) return [];
  const zones = [LOCAL, DEFAULT_ZONE, ...Intl.supportedValuesOf("timeZone")];
  const city = zones.find((zone) => zone.toLowerCase().endsWith(`/${text.toLowerCase()}`));
  const help = city === undefined ? (didYouMean(text, zones) ?? ZONE_HELP) : `did you mean "${city}"?`;
  return [error("unknown-zone", `unknown time zone "${text}"`, node, help)];
}

const ZONE_HELP = "write a name of the IANA time zones such as Europe/Berlin, UTC, or local for the zone of the host";

function readDays(node: YamlNode | undefined): readonly Weekday[] {
  if (node === undefined) return WEEKDAYS;
  const days = new Set(itemsOf(node).flatMap((item) => daysOf(textOf(item) ?? "")));
  return WEEKDAYS.filter((day) => days.has(day));
}

/** Reads `sat`, or a range such as `fri-mon`, which may continue in the next week. */
function daysOf(text: string): readonly Weekday[] {
  const [first = "", last = first] = text.split("-");
  if (!isWeekday(first) || !isWeekday(last)) return [];
  const start = WEEKDAYS.indexOf(first);
  const count = ((WEEKDAYS.indexOf(last) - start + WEEKDAYS.length) % WEEKDAYS.length) + 1;
  return [...WEEKDAYS, ...WEEKDAYS].slice(start, start + count);
}

function isWeekday(text: string): text is Weekday {
  return (WEEKDAYS as readonly string[]).includes(text);
}

/** Reads `22:00-06:00`. Returns undefined for another text, which the schema reports. */
function readHours(text: string): HourRange | undefined {
  const [, startHour, startMinute, endHour, endMinute] = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  if (endMinute === undefined) return undefined;
  return {
    startMinute: Number(startHour) * 60 + Number(startMinute),
    endMinute: Number(endHour) * 60 + Number(endMinute),
  };
}

/** Returns the canonical name of a zone, or undefined if there is none. */
function readZone(name: string): string | undefined {
  try {
    const timeZone = name === LOCAL ? undefined : name;
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function error(code: SettingsCode, message: string, node: YamlNode, help: string): Diagnostic {
  return errorAt(code, message, node.span, help);
}
