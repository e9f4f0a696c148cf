import assert from "node:assert/strict";
import { test } from "node:test";
import { CommanderError, type Command } from "commander";
import { commandLine } from "../../daemon/cli/commands.ts";
import manifest from "../../package.json" with { type: "json" };
import { BLOCKS, PAGES, proseOf } from "./pages.ts";

interface Example {
  readonly page: string;
  readonly text: string;
  /** the name of a command within a sentence, which may lack its arguments */
  readonly isMention?: true;
}

/** The forms of commands on pages: lines of shell, lines after a prompt, and code in the text. */
const EXAMPLES: readonly Example[] = [
  ...BLOCKS.filter(({ language }) => language === "sh").flatMap(({ page, text }) =>
    text.split("\n").map((line) => ({ page, text: line })),
  ),
  ...BLOCKS.filter(({ language }) => language === "").flatMap(({ page, text }) =>
    [...text.matchAll(/^[$#] (.*)$/gm)].map(([, line = ""]) => ({ page, text: line })),
  ),
  ...PAGES.flatMap((page) =>
    [...proseOf(page).matchAll(/`((?:npx |sudo |packaging\/)?bpfwarden [^`]+|npm [^`]+)`/g)].map(([, text = ""]) => ({
      page: page.path,
      text: text.replaceAll(/\s+/g, " "),
      isMention: true as const,
    })),
  ),
];

/** Words as a shell divides them, up to a comment, a pipe or a redirection. */
function wordsOf(line: string): readonly string[] {
  const [command = ""] = line.split(/ [|<>]|\s#|^#/);
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ""));
}

/** Parses without running, and gives commander's name for what is wrong with the words. */
async function faultOf(words: readonly string[]): Promise<string | undefined> {
  const program = await commandLine("", (error) => {
    throw error;
  });
  const commands: Command[] = [program];
  for (const command of commands) {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    commands.push(...command.commands);
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.code;
    throw error;
  }
}

/** The words after the program's name; undefined for other programs. */
function ourWords(line: string): readonly string[] | undefined {
  const words = wordsOf(line.replace(/^(?:[A-Z_]+=\S+ |sudo |npx )+/, ""));
  return /^(?:packaging\/)?bpfwarden$/.test(words[0] ?? "") ? words.slice(1) : undefined;
}

/**
 * Words of the reference, `bpfwarden check [OPTION...] <path...>`, and `--emit=ast|typed` are no
 * command lines.
 */
const isUsage = (text: string): boolean => /\[OPTION|<|\|/.test(text);

test("commands that pages show are commands", async (t) => {
  const ours = EXAMPLES.filter(({ text }) => !isUsage(text) && ourWords(text) !== undefined);
  assert.ok(ours.length > 40);
  for (const { page, text, isMention } of ours)
    await t.test(`${page}: ${text}`, async () => {
      const fault = await faultOf(ourWords(text) ?? []);
      const isLacking = fault === "commander.missingArgument" || fault === "commander.help";
      if (isMention !== true || !isLacking) assert.equal(fault, undefined);
    });
});

test("npm scripts that pages show are scripts", () => {
  const scripts = EXAMPLES.flatMap(({ page, text }) => {
    const [, name] = /^(?:[A-Z_]+=\S+ |sudo )*npm (?:run )?([\w:]+)/.exec(text) ?? [];
    return name === undefined ? [] : [{ page, name }];
  });
  assert.ok(scripts.length > 10);
  for (const { page, name } of scripts) assert.ok(name in manifest.scripts, `${page}: npm ${name}`);
});
