import { Context, Liquid } from "liquidjs";
import { durationText } from "./duration-text.ts";
import { bytesText, numberText, percentText } from "./number-text.ts";

/**
 * A sandbox: no files can be included (`templates` is an empty set of them), nothing inherited is seen, and work and memory end.
 * Filters of our own: `duration` (of nanoseconds), `bytes`, `percent` (of a ratio).
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

/** So many pieces of a template may be rendered, those of a loop in each round. Each takes about a microsecond. */
const MOST_PIECES = 20_000;

/** The names that a template sees, with a limit of work: one of time would be over for a process that had no processor. */
function contextOf(names: object): Context {
  const context = new Context(names, ENGINE.options, { sync: true });
  let pieces = 0;
  // The engine calls it before each piece, with what time it is.
  context.renderLimit.check = () => {
    pieces++;
    if (pieces > MOST_PIECES) throw new Error(`it has more than ${MOST_PIECES} pieces to render`);
  };
  return context;
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

/**
 * A template with the names of `context`; undefined is shown as `no data`, unknown names as nothing. Does not throw: what is wrong
 * with the template becomes the text, since an alert must go out whatever its summary says.
 */
export function renderTemplate(template: string, context: Readonly<Record<string, unknown>>): string {
  try {
    return String(ENGINE.renderSync(ENGINE.parse(template), contextOf(withoutHoles(context)))).trim();
  } catch (error) {
    return `the summary cannot be rendered: ${firstLine(error)}`;
  }
}

function withoutHoles(context: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, value ?? "no data"]));
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}
