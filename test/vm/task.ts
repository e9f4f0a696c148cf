import { findTestFiles } from "../runner/test-files.ts";
import { type Guest, leftOut, leftOutOf, RANDOM_VALUES } from "./guests.ts";
import { unchangedTests } from "./long-tests.ts";

/** The word of a command line for all that the matrix runs in a guest. */
export const ALL = "--all";

/**
 * Returns the task of a guest: shell commands, run in the checkout.
 * @param words parts of paths of test files, or `--run` and a command, or `--all`; without any, the
 * tests that suffice if `changed` is all that has changed since the whole matrix ran
 * @param changed paths of files, undefined if that is not known
 */
export function taskOf(guest: Guest, words: readonly string[], changed?: readonly string[]): string {
  const node = `$PWD/node_modules/node-linux-${guest.architecture.node}/bin`;
  const environment = `CI=true BPFWARDEN_GUEST=${guest.name} RANDOM_RULES=${guest.randomRules} RANDOM_VALUES=${RANDOM_VALUES} PATH=${node}:$PATH`;
  return `export ${environment}\n${commandOf(guest, words, changed)}\n`;
}

function commandOf(guest: Guest, words: readonly string[], changed: readonly string[] | undefined): string {
  if (words[0] === "--run") return words.slice(1).join(" ");
  return `node test/run.ts ${filesOf(guest, words, changed).map(quoted).join(" ")}`;
}

function filesOf(guest: Guest, words: readonly string[], changed: readonly string[] | undefined): readonly string[] {
  if (words[0] === ALL) return testsOf(guest.name, guest.tests);
  return words.length > 0 ? words : testsOf(guest.name, guest.brief, unchangedTests(changed));
}

/** The paths of the test files that the matrix runs in a guest, without those of `unchanged`. */
function testsOf(name: string, tests: readonly string[], unchanged: readonly string[] = []): readonly string[] {
  const { ordinary, kernel } = findTestFiles(tests);
  const left = new Set([...Object.keys(leftOut), ...(leftOutOf[name] ?? []), ...unchanged]);
  return [...ordinary, ...kernel].filter((file) => !left.has(file));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
