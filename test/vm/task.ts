import { findTestFiles } from "../runner/test-files.ts";
import { type Guest, leftOut, leftOutOf, RANDOM_VALUES } from "./guests.ts";

/**
 * Returns the task of a guest: shell commands, run in the checkout.
 * @param words parts of paths of test files, or `--run` and a command; without any, the tests that
 * the matrix runs in this guest
 */
export function taskOf(guest: Guest, words: readonly string[]): string {
  const node = `$PWD/node_modules/node-linux-${guest.architecture.node}/bin`;
  const environment = `CI=true BPFWARDEN_GUEST=${guest.name} RANDOM_RULES=${guest.randomRules} RANDOM_VALUES=${RANDOM_VALUES} PATH=${node}:$PATH`;
  return `export ${environment}\n${commandOf(guest, words)}\n`;
}

function commandOf(guest: Guest, words: readonly string[]): string {
  if (words[0] === "--run") return words.slice(1).join(" ");
  const files = words.length > 0 ? words : testsOf(guest);
  return `node test/run.ts ${files.map(quoted).join(" ")}`;
}

/** The paths of the test files that the matrix runs in a guest. */
function testsOf({ name, tests }: Guest): readonly string[] {
  const { ordinary, kernel } = findTestFiles(tests);
  const left = new Set([...Object.keys(leftOut), ...(leftOutOf[name] ?? [])]);
  return [...ordinary, ...kernel].filter((file) => !left.has(file));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
