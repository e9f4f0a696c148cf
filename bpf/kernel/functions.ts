import type { KernelFunction, KernelFunctions } from "./kernel.ts";

/** Texts that name a kernel's functions. */
export interface FunctionTexts {
  /** as tracefs has `available_filter_functions`: `NAME` or `NAME [MODULE]` a line; undefined where it may not be read or is not there */
  readonly traceable: string | undefined;
  /** as /proc/kallsyms has them: `ADDRESS T NAME`, with a tab and `[MODULE]` behind those of modules */
  readonly symbols: string;
  /** as debugfs has `kprobes/blacklist`: `0xADDRESS-0xADDRESS TAB NAME` a line; empty where it may not be read */
  readonly blacklist: string;
}

/**
 * The functions of a kernel and its modules. The list is kept as the text that it came as, a name a line: a kernel has 50,000 of them,
 * and a rule asks for a few.
 */
export function openFunctions(texts: FunctionTexts): KernelFunctions {
  const blacklisted = new Set(texts.blacklist.match(/(?<=\t)\S+$/gm));
  const list = `\n${texts.traceable ?? fromSymbols(texts.symbols)}\n`;
  const allowed = ({ name }: KernelFunction): boolean => !blacklisted.has(name);
  return {
    named: (name) => namedIn(list, name).filter(allowed),
    copiesOf: (name) =>
      matchesIn(list, String.raw`${RegExp.escape(name)}(?:(?:\.(?:isra|constprop)\.\d+)+|\.llvm\.\d+)(?: \[\S+\])?`),
    *all() {
      for (const each of lines(list)) if (allowed(each)) yield each;
    },
    exists: (name) => new RegExp(String.raw`^\S+ [tT] ${RegExp.escape(name)}(?=\t|$)`, "m").test(texts.symbols),
  };
}

/** What a kernel that gives no list of traceable functions says of its symbols. */
function fromSymbols(symbols: string): string {
  const found = symbols.matchAll(/^\S+ [tT] (\S+)(?:\t(\[\S+\]))?$/gm);
  return [...found].map(([, name, module]) => (module === undefined ? name : `${name} ${module}`)).join("\n");
}

/** A pattern of rules asks for hundreds of names, one by one: finding a text takes a tenth of what an expression takes. */
function namedIn(list: string, name: string): readonly KernelFunction[] {
  const found: string[] = [];
  const wanted = `\n${name}`;
  for (let at = list.indexOf(wanted); at >= 0; at = list.indexOf(wanted, at + 1)) {
    const behind = list[at + wanted.length];
    if (behind === "\n" || behind === " ") found.push(list.slice(at + 1, list.indexOf("\n", at + 1)));
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
    // what an address whose code is gone is called (ftrace_dump in kernel/trace/ftrace.c)
    if (line !== "" && !line.startsWith("__ftrace_invalid_address")) yield functionOf(line);
  }
}

function functionOf(line: string): KernelFunction {
  const space = line.indexOf(" [");
  return space < 0 ? { name: line } : { name: line.slice(0, space), module: line.slice(space + 2, -1) };
}
