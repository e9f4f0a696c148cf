import type { Kernel, KernelFunction } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import type { ProbeFault } from "./probe-kind.ts";

/** The parts of `MODULE:FUNCTION+OFFSET`. */
export interface SpelledFunction {
  readonly name: string;
  readonly module?: string;
  readonly offset: number;
}

/** Returns the parts, or undefined if the text is not spelled like that. */
export function parseFunction(rest: string): SpelledFunction | undefined {
  const parts = /^(?:(?<module>[\w-]+):)?(?<name>[\w.$]+)(?:\+(?<offset>0x[\da-fA-F]+|\d+))?$/.exec(rest)?.groups;
  const { module, name, offset } = parts ?? {};
  if (name === undefined) return undefined;
  return { name, offset: Number(offset ?? 0), ...(module === undefined ? {} : { module }) };
}

export type FoundFunction =
  { readonly function: KernelFunction; readonly fault?: undefined } | { readonly fault: Omit<ProbeFault, "code"> };

/** The module name for the kernel itself, needed if a module has a function of the same name. */
const KERNEL_PROPER = "vmlinux";

/**
 * Finds the function that a probe names. If only a copy that the compiler made is left, it finds
 * the copy.
 * @param several true if a pattern matched the name, which includes functions in modules
 */
export function findFunction(spelled: SpelledFunction, kind: string, kernel: Kernel, several = false): FoundFunction {
  const functions = kernel.functions();
  const inModule = ({ module = KERNEL_PROPER }: KernelFunction): boolean =>
    spelled.module === undefined || module === spelled.module;
  const named = functions.byName(spelled.name).filter(inModule);
  const found = named.length > 0 ? named : functions.copiesOf(spelled.name).filter(inModule);
  const [first, second] = found;
  if (first === undefined) return { fault: missing(spelled, kind, kernel) };
  if (second === undefined) return { function: first };
  const places = [
    ...new Set(found.flatMap((each) => (each.name === first.name ? (each.module ?? KERNEL_PROPER) : []))),
  ];
  if (places.length > 1 && !several) return { fault: inSeveral(first.name, places, kind) };
  if (first.module !== second.module) return { function: first };
  const where = first.module === undefined ? "this kernel" : `module "${first.module}"`;
  const alike = found.filter(({ module, name }) => module === first.module && name === first.name);
  if (alike.length === 1) return { function: first };
  const message = `"${first.name}" is not unique: ${where} has ${alike.length} functions with this name`;
  return { fault: { message, help: "probe a function that calls it, or a tracepoint" } };
}

function inSeveral(name: string, places: readonly string[], kind: string): Omit<ProbeFault, "code"> {
  const probes = places.map((module) => `"${kind}:${module}:${name}"`);
  const message = `${places.length} parts of this kernel have a function "${name}"`;
  return { message, help: `write one of ${probes.join(", ")}; for all of them {any: [...]}` };
}

function missing({ module, name }: SpelledFunction, kind: string, kernel: Kernel): Omit<ProbeFault, "code"> {
  const functions = kernel.functions();
  const [elsewhere] = functions.byName(name);
  const message = `this kernel has no function "${name}"${module === undefined ? "" : ` in module "${module}"`} to probe`;
  if (module !== undefined && elsewhere !== undefined) {
    const spelling = elsewhere.module === undefined ? name : `${elsewhere.module}:${name}`;
    return { message, help: `did you mean "${kind}:${spelling}"?` };
  }
  if (functions.exists(name)) {
    const help =
      "the kernel forbids it: the function is notrace, or on the blacklist of kprobes; probe a function that calls it";
    return { message: `function "${name}" cannot be probed`, help };
  }
  const names = function* (): Iterable<string> {
    for (const each of functions.all()) if (module === undefined || each.module === module) yield each.name;
  };
  const near = didYouMean(name, names())?.replace('"', module === undefined ? `"${kind}:` : `"${kind}:${module}:`);
  return { message, help: near ?? noneNear(name, kernel) };
}

/** Returns the help for a function that is missing and has no similar name. */
function noneNear(name: string, kernel: Kernel): string {
  const tracepoint = kernel.tracepoints().find((each) => each.name === name);
  if (tracepoint !== undefined) return `write "tracepoint:${tracepoint.category}:${name}"`;
  return `it may be inlined into its callers, renamed, or in a module that is not loaded: "bpfwarden probes 'kernel:*${longestWord(name)}*'" lists the functions`;
}

function longestWord(name: string): string {
  return name.split("_").toSorted((a, b) => b.length - a.length)[0] ?? name;
}
