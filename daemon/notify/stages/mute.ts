import { type HourRange, type MuteWindow, type Weekday, WEEKDAYS } from "../../settings/mute-window.ts";
import { held, passed, type Stage } from "./stage.ts";

const NOT_MUTED = passed("the rule is not muted now");

/** Holds alerts in the mute windows of their rules. */
export const muteStage = (muteOf: (rule: string) => readonly MuteWindow[]): Stage<"alert"> => ({
  name: "mute",
  on: "alert",
  judge: ({ rule }, { unixMs }) => {
    const window = mutedBy(muteOf(rule), unixMs);
    return window === undefined ? NOT_MUTED : held(`the rule is muted ${muteText(window)}`);
  },
});

/**
 * Returns the first of the windows that contains a time, or undefined. The wall clock of the
 * window's zone counts, so that `22:00-06:00` is seven or nine hours long in nights when clocks
 * change.
 */
export function mutedBy(windows: readonly MuteWindow[], unixMs: number): MuteWindow | undefined {
  return windows.find((window) => isWithin(window, wallTime(window.zone, unixMs)));
}

/** Returns a window as text: `sat sun 22:00-06:00 Europe/Berlin`. */
export function muteText({ days, hours, zone }: MuteWindow): string {
  const dayText = days.length === WEEKDAYS.length ? "daily" : days.join(" ");
  return [dayText, ...(hours === undefined ? [] : [hoursText(hours)]), zone].join(" ");
}

interface WallTime {
  readonly day: Weekday;
  readonly dayBefore: Weekday;
  readonly minute: number;
}

function isWithin({ days, hours }: MuteWindow, { day, dayBefore, minute }: WallTime): boolean {
  if (hours === undefined) return days.includes(day);
  const { startMinute, endMinute } = hours;
  if (startMinute < endMinute) return days.includes(day) && minute >= startMinute && minute < endMinute;
  return (days.includes(day) && minute >= startMinute) || (days.includes(dayBefore) && minute < endMinute);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallTime(zone: string, unixMs: number): WallTime {
  const format = formats.getOrInsertComputed(zone, formatOf);
  const parts = Object.fromEntries(format.formatToParts(unixMs).map(({ type, value }) => [type, value]));
  const index = WEEKDAYS.indexOf((parts["weekday"] ?? "").toLowerCase() as Weekday);
  return {
    day: WEEKDAYS[index] ?? "mon",
    dayBefore: WEEKDAYS.at(index - 1) ?? "sun",
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

function hoursText({ startMinute, endMinute }: HourRange): string {
  return `${clockText(startMinute)}-${clockText(endMinute)}`;
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
