import type { Command } from "commander";
import { AGGREGATE_NAMES } from "../../bpf/check/aggregate-functions.ts";
import { BUILTINS } from "../../bpf/check/builtins/builtins.ts";
import { FUNCTIONS } from "../../bpf/check/functions/functions.ts";
import { PROBE_KINDS } from "../../bpf/check/probes/probe-kinds.ts";
import { commandLine } from "../../daemon/cli/commands.ts";
import { FORMULA_FUNCTIONS } from "../../daemon/evaluate/formula/formula-functions.ts";
import { MEASURES } from "../../daemon/evaluate/formula/formula-measures.ts";
import { METRICS } from "../../daemon/metrics/metric-table.ts";
import { LOSS_KINDS } from "../../daemon/metrics/totals/losses.ts";
import ruleSchema from "../../schemas/rule.schema.json" with { type: "json" };
import settingsSchema from "../../schemas/settings.schema.json" with { type: "json" };
import webhookSchema from "../../schemas/webhook.schema.json" with { type: "json" };
import { CODE_TABLES } from "../diagnostics/code-tables.ts";
import { propertyItems, type Schema } from "./schema-items.ts";

/** One entry of a reference: what is written, and a sentence on it. */
export type Item = readonly [code: string, doc: string];

/** Keys whose descriptions in the schema list what the page has as a section. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  probe: "Where to count: see probes and spans below.",
  aggregate: "What to count: see aggregates below.",
};

/** The generated parts of the pages by name, as Markdown. */
export const REFERENCE: Readonly<Record<string, () => string | Promise<string>>> = {
  "rule-keys": () =>
    listOf(propertyItems(ruleSchema as Schema, ruleSchema as Schema).map(([key, doc]) => [key, ELSEWHERE[key] ?? doc])),
  "span-keys": () => listOf(propertyItems(ruleSchema.$defs.span, ruleSchema as Schema)),
  "probe-kinds": () => listOf(PROBE_KINDS.map(({ syntax, doc }) => [syntax, doc])),
  aggregates: () => listOf([...AGGREGATE_NAMES.values()].map(({ usage, doc }) => [usage, doc])),
  names: () => listOf([...BUILTINS.values()].map(({ name, doc }) => [name, doc])),
  functions: () => listOf([...FUNCTIONS.values()].map(({ usage, doc }) => [usage.replaceAll(" or ", "` or `"), doc])),
  "threshold-functions": () =>
    listOf(
      [...Object.values(FORMULA_FUNCTIONS), ...Object.values(MEASURES)].map(({ signature, doc }) => [signature, doc]),
    ),
  settings: () => listOf(propertyItems(settingsSchema as Schema, settingsSchema as Schema, 3)),
  "webhook-body": () => listOf(propertyItems(webhookSchema as Schema, webhookSchema as Schema)),
  "webhook-alert": () => listOf(propertyItems(webhookSchema.$defs.alert as Schema, webhookSchema as Schema, 2)),
  metrics: () =>
    listOf(
      METRICS.map(({ name, type, labels, help }) => [
        `${name}${type === "counter" ? "_total" : ""}${labels.length === 0 ? "" : `{${labels.join(", ")}}`}`,
        `(${type}) ${help}`,
      ]),
    ),
  "loss-kinds": () => listOf(Object.entries(LOSS_KINDS).map(([kind, { doc }]) => [kind, doc])),
  codes: () => listOf(CODE_TABLES.flatMap((table) => Object.entries(table))),
  commands: async () => commandsOf(await commandLine("", neverExits), []),
};

function neverExits(error: Error): never {
  throw error;
}

function listOf(items: readonly Item[]): string {
  return items.map(([code, doc]) => `- \`${code}\`${doc === "" ? "" : `: ${sentence(doc)}`}`).join("\n");
}

/** The tables of the code begin their sentences in either case, and some leave the full stop out. */
function sentence(doc: string): string {
  const first = /^[a-z]+[ ,:;]/.test(doc) ? doc.charAt(0).toUpperCase() + doc.slice(1) : doc;
  return escaped(/[.!?]$/.test(first) ? first : `${first}.`);
}

/** Outside of code, characters that are Markdown's are meant as they are. */
function escaped(text: string): string {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/[*_\\]/g, "\\$&") : part))
    .join("`");
}

/** A section for each command that does something, with its arguments and options. */
function commandsOf(command: Command, path: readonly string[]): string {
  if (command.commands.length > 0)
    return command.commands.map((each) => commandsOf(each, [...path, each.name()])).join("\n\n");
  const usage = ["bpfwarden", ...path, command.usage().replace("[options]", "[OPTION...]")].join(" ");
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((option): Item => [option.flags, optionDoc(option.description, option.defaultValue, option.argChoices)]);
  const described = command.registeredArguments
    .filter(({ description }) => description !== "")
    .map((argument): Item => [argument.name(), argument.description]);
  return [
    `### bpfwarden ${path.join(" ")}`,
    `\`${usage}\`: ${sentence(command.description())}`,
    listOf([...described, ...options]),
  ].join("\n\n");
}

function optionDoc(description: string, defaultValue: unknown, choices: readonly string[] | undefined): string {
  const among = choices === undefined ? "" : `; one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`;
  const usual = typeof defaultValue === "string" && defaultValue !== "" ? `; default: \`${defaultValue}\`` : "";
  return `${description}${among}${usual}`;
}
