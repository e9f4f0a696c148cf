import { Context, Liquid } from "liquidjs";
import { durationText } from "./duration-text.ts";
import { bytesText, numberText, percentText } from "./number-text.ts";
import { errorText } from "../../bpf/source/error-text.ts";

/**
 * A sandbox: it includes no files (`templates` is empty), sees no inherited properties, and limits
 * work and memory.
 *
 * Our own filters are `duration` (of nanoseconds), `bytes` and `percent` (of a ratio).
 */
const ENGINE = new Liquid({
  strictFilters: true,
  ownPropertyOnly: true,
  templates: {},
  parseLimit: 65_536,
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
  if (typeof value === "object" && "text" in value && typeof value.text === "string") return value.text;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Limits the pieces of a template that are rendered; each round of a loop counts. A piece takes
 * about a microsecond.
 */
const MOST_PIECES = 20_000;

/**
 * Returns the names that a template sees, with a limit on work. A limit on time would fail on a
 * busy host.
 */
function contextOf(names: object): Context {
  const context = new Context(names, ENGINE.options, { sync: true });
  let pieces = 0;
  // The engine calls this before each piece, with the current time.
  context.renderLimit.check = () => {
    pieces++;
    if (pieces > MOST_PIECES) throw new Error(`it needs more than ${MOST_PIECES} pieces of output`);
  };
  return context;
}

/** Returns in one line why a template is invalid, or undefined if it is valid. */
export function checkTemplate(text: string): string | undefined {
  try {
    ENGINE.parse(text);
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

/**
 * Renders a template with the names of `context`. Undefined is shown as `no data`, an unknown name
 * as nothing. Does not throw: an alert must be sent even if its summary is wrong, so the error
 * becomes the text.
 */
export function renderTemplate(template: string, context: Readonly<Record<string, unknown>>): string {
  try {
    return rendered(template, context);
  } catch (error) {
    return `the summary cannot be rendered: ${firstLine(error)}`;
  }
}

/** Does the same, but throws if the template cannot be rendered. */
export function rendered(template: string, context: Readonly<Record<string, unknown>>): string {
  return String(ENGINE.renderSync(ENGINE.parse(template), contextOf(withoutHoles(context)))).trim();
}

function withoutHoles(context: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, value ?? "no data"]));
}

function firstLine(error: unknown): string {
  return errorText(error).split("\n", 1)[0] ?? "";
}
