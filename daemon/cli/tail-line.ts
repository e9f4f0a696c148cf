import { visible, visibleText } from "../../bpf/source/visible.ts";
import type { FollowedLine } from "../api/follow-client.ts";
import { timeOfDay } from "../text/time-text.ts";
import { labelsText } from "../api/values-text.ts";

type Format = (line: FollowedLine) => string;

/** Lines for people, by kind. Those of a newer daemon that are not known are left out. */
const FORMATS: Readonly<Record<string, Format>> = {
  record: ({ at, rule, fields }) => `${localTime(at)} ${textOf(rule)}  ${fieldsText(fields as Fields)}`,
  alert: (line) => {
    const labels = labelsText(line["labels"] as Readonly<Record<string, string>>);
    const said = `${STATES[textOf(line["change"])] ?? ""} ${textOf(line["level"])} ${textOf(line["alertname"])}${labels}`;
    return `${localTime(line["at"])} ${said}  ${visibleText(textOf(line["reason"]))}`;
  },
  dropped: ({ count }) => `... ${Number(count)} lines were left out: they came faster than they were read`,
};

const STATES: Readonly<Record<string, string>> = { fired: "FIRING", level: "FIRING", ended: "RESOLVED" };

/** Formats a line as the daemon shows it on a terminal; undefined for a line that is not for people. */
export function tailLine(line: FollowedLine): string | undefined {
  return FORMATS[line.kind]?.(line);
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${visible(name)}=${visibleText(JSON.stringify(value))}`)
    .join(" ");
}

const textOf = (value: unknown): string => (typeof value === "string" ? visible(value) : "");

const localTime = (at: unknown): string => timeOfDay(Date.parse(textOf(at)));
