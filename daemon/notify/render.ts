import { Liquid } from "liquidjs";
import type { Level } from "../rules/rule-syntax.ts";
import { durationText } from "../sample/duration-text.ts";
import { bytesText, numberText, percentText } from "./number-text.ts";

/** What a summary template can name: `{{ labels.NAME }}`, `{{ value }}` and every other signal by name, and these. */
export interface SummaryInput {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  /** undefined is shown as `no data` */
  readonly values: Readonly<Record<string, number | undefined>>;
  readonly level: Level;
  readonly status: "firing" | "resolved";
  readonly windowMs: number;
}

/**
 * A sandbox: no files can be included (`templates` is an empty set of them), nothing inherited is seen, and time and memory end.
 * Filters of our own: `duration` (of nanoseconds), `bytes`, `percent` (of a ratio).
 */
const ENGINE = new Liquid({
  strictFilters: true,
  ownPropertyOnly: true,
  templates: {},
  parseLimit: 65_536,
  renderLimit: 100,
  memoryLimit: 1_000_000,
  outputEscape: (value: unknown) => (typeof value === "number" ? numberText(value) : outputText(value)),
});
for (const [name, filter] of [
  ["duration", durationText],
  ["bytes", bytesText],
  ["percent", percentText],
] as const) {
  ENGINE.registerFilter(name, (value: unknown) => (typeof value === "number" ? filter(value) : value));
}

function outputText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What is wrong with a template, in one line; undefined where nothing is. */
export function checkTemplate(text: string): string | undefined {
  try {
    ENGINE.parse(text);
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

/** The summary of an alert. An error of the template becomes part of the text: an alert must go out whatever its summary says. */
export function renderSummary(template: string | undefined, input: SummaryInput): string {
  if (template === undefined) return defaultSummary(input);
  try {
    return String(ENGINE.parseAndRenderSync(template, scopeOf(input))).trim();
  } catch (error) {
    return `${defaultSummary(input)} (its summary could not be rendered: ${firstLine(error)})`;
  }
}

/** `tcp-retransmits: value is 131 (daddr=192.0.2.1, dport=443)`. */
function defaultSummary({ rule, labels, values }: SummaryInput): string {
  const numbers = Object.entries(values).map(([name, value]) => `${name} is ${valueText(value)}`);
  const key = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return `${rule}: ${numbers.join(", ")}${key.length === 0 ? "" : ` (${key.join(", ")})`}`;
}

function scopeOf({ rule, labels, values, level, status, windowMs }: SummaryInput): object {
  const shown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? "no data"]));
  return { ...shown, values: shown, rule, labels, level, status, window: durationText(windowMs * 1e6) };
}

function valueText(value: number | undefined): string {
  return value === undefined ? "no data" : numberText(value);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}
