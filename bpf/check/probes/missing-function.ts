import { parseFunctionName } from "../../kernel/elf/function-name.ts";
import type { ElfFile } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { namePattern } from "./name-pattern.ts";
import type { LeftOut } from "./probe-kind.ts";

/** A function that a rule probes, and the file that does not have it. */
interface WantedFunction {
  readonly kind: "uprobe" | "uretprobe";
  readonly path: string;
  /** as the rule spells it */
  readonly symbol: string;
  readonly file: ElfFile;
}

type Explanation = readonly [message: string, help: string | undefined];

/** Returns why a file has no function of a name, and what to probe instead. */
export function missingFunction({ kind, path, symbol, file }: WantedFunction): Explanation {
  const { name } = parseFunctionName(symbol);
  if (file.indirectNames?.().has(name)) return indirect(kind, path, name, file);
  const near = didYouMean(symbol, file.symbolNames());
  return [`"${path}" has no function "${symbol}"`, near ?? (file.isStripped ? helpForStripped(kind, path) : undefined)];
}

/** Returns why nothing in a file matches a pattern, or undefined if there is no special reason. */
export function noneListed(path: string, pattern: string, file: ElfFile): string | undefined {
  const names = [...(file.indirectNames?.() ?? [])].filter(namePattern(pattern)).toSorted();
  const [first] = names;
  if (first !== undefined) {
    const [message, help] = indirect("uprobe", path, first, file);
    return `${message}; ${help}`;
  }
  if (file.isStripped !== true) return undefined;
  return `"${path}" is stripped: only functions that it exports have a name`;
}

/** Reports the indirect functions among the matches of a pattern. */
export function indirectAmong(
  { kind, path, symbol, file }: WantedFunction,
  isExcepted: (name: string) => boolean,
): LeftOut | undefined {
  const matched = [...(file.indirectNames?.() ?? [])].filter(namePattern(symbol)).toSorted();
  const names = matched.filter((name) => !isExcepted(name));
  if (names.length === 0) return undefined;
  const listed = names.slice(0, MOST_LISTED).map((name) => `"${name}"`);
  const more = names.length > MOST_LISTED ? `, and ${names.length - MOST_LISTED} more` : "";
  const message = `"${kind}:${path}:${symbol}" leaves out indirect functions (IFUNC), whose calls cannot be probed by their names: ${listed.join(", ")}${more}`;
  return {
    message,
    help: `to see what to probe instead, check a rule with one of them alone; to leave one out without this warning, write it in "except"`,
  };
}

/**
 * Explains that a function is indirect. The symbol of an indirect function (STT_GNU_IFUNC) leads to
 * its resolver. That runs once in each program, when it starts, and chooses a copy for the CPU. A
 * probe at the symbol would see the resolver and no calls.
 */
function indirect(kind: string, path: string, name: string, file: ElfFile): Explanation {
  const message = `"${name}" of "${path}" is an indirect function (IFUNC): its symbol leads to a resolver, which runs once in each program and chooses a copy for the CPU`;
  const copies = [...file.symbolNames()].filter((other) => isCopyOf(name, other)).toSorted();
  if (copies.length > 0) {
    const probes = copies.slice(0, MOST_LISTED).map((copy) => `"${kind}:${path}:${copy}"`);
    return [
      message,
      `write {any: [${probes.join(", ")}${copies.length > MOST_LISTED ? ", …" : ""}]}, or the one for this CPU`,
    ];
  }
  const why = file.isStripped
    ? "the file is stripped, so that its copies have no names"
    : "no function of the file is named after it";
  return [
    message,
    `${why}: probe a function of the program that calls it, such as "${kind}:/path/of/program:FUNCTION"`,
  ];
}

const MOST_LISTED = 8;

/**
 * True for `__strlen_avx2`, a copy of `strlen`; false for `__strlen_chk`, which is another
 * function.
 */
function isCopyOf(name: string, other: string): boolean {
  const [base = "", copy = ""] = [name, other].map((each) => each.replace(/^_+/, ""));
  return copy.startsWith(`${base}_`) && !/_(chk|ifunc|resolver)(_|$)/.test(copy.slice(base.length));
}

function helpForStripped(kind: string, path: string): string {
  return `the file is stripped: only functions that it exports have a name, which "bpfwarden probes '${kind}:${path}:*'" lists; others need a build with symbols`;
}
