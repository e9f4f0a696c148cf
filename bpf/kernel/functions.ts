import type { KernelFunction, KernelFunctions } from "./kernel.ts";

/** Texts that name a kernel's functions. */
export interface FunctionTexts {
  /**
   * `available_filter_functions` of tracefs, lines of `NAME` or `NAME [MODULE]`; undefined if it is
   * absent or cannot be read
   */
  readonly traceable: string | undefined;
  /** /proc/kallsyms, lines of `ADDRESS T NAME`, with a tab and `[MODULE]` after those of modules */
  readonly symbols: string;
  /**
   * `kprobes/blacklist` of debugfs, lines of `0xADDRESS-0xADDRESS TAB NAME`; empty if it cannot be
   * read
   */
  readonly blacklist: string;
}

/**
 * Opens the functions of a kernel and its modules. The list is kept as one text with a name on each
 * line: a kernel has 50,000 of them, and a rule asks for a few.
 */
export function openFunctions(texts: FunctionTexts): KernelFunctions {
  const blacklisted = new Set(texts.blacklist.match(/(?<=\t)\S+$/gm));
  const list = `\n${texts.traceable ?? fromSymbols(texts.symbols)}\n`;
  const allowed = ({ name }: KernelFunction): boolean => !blacklisted.has(name);
  return {
    byName: (name) => functionsNamed(list, name).filter(allowed),
    copiesOf: (name) =>
      matchesIn(list, String.raw`${RegExp.escape(name)}(?:(?:\.(?:isra|constprop)\.\d+)+|\.llvm\.\d+)(?: \[\S+\])?`),
    *all() {
      for (const each of lines(list)) if (allowed(each)) yield each;
    },
    exists: (name) => new RegExp(String.raw`^\S+ [tT] ${RegExp.escape(name)}(?=\t|$)`, "m").test(texts.symbols),
  };
}

/** Returns the functions by their symbols, for a kernel without a list of traceable functions. */
function fromSymbols(symbols: string): string {
  const found = symbols.matchAll(/^\S+ [tT] (\S+)(?:\t(\[\S+\]))?$/gm);
  return [...found].map(([, name, module]) => (module === undefined ? name : `${name} ${module}`)).join("\n");
}

/**
 * Finds a name in the list without a regular expression, which takes ten times as long: a pattern
 * of a rule asks for hundreds of names.
 */
function functionsNamed(list: string, name: string): readonly KernelFunction[] {
  const found: string[] = [];
  const wanted = `\n${name}`;
  for (let at = list.indexOf(wanted); at >= 0; at = list.indexOf(wanted, at + 1)) {
    const next = list[at + wanted.length];
    if (next === "\n" || next === " ") found.push(list.slice(at + 1, list.indexOf("\n", at + 1)));
  }
  return kernelFirst(found);
}

function matchesIn(list: string, pattern: string): readonly KernelFunction[] {
  return kernelFirst(list.match(new RegExp(`(?<=\n)${pattern}(?=\n)`, "g")) ?? []);
}

function kernelFirst(found: readonly string[]): readonly KernelFunction[] {
  return found.map(functionOf).toSorted((a, b) => Number(a.module !== undefined) - Number(b.module !== undefined));
}

function* lines(list: string): Iterable<KernelFunction> {
  for (const line of list.split("\n")) {
    // the name of an address whose code was removed (ftrace_dump in kernel/trace/ftrace.c)
    if (line !== "" && !line.startsWith("__ftrace_invalid_address")) yield functionOf(line);
  }
}

function functionOf(line: string): KernelFunction {
  const space = line.indexOf(" [");
  return space < 0 ? { name: line } : { name: line.slice(0, space), module: line.slice(space + 2, -1) };
}
