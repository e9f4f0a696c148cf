import type { Kernel, KernelFunction } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import type { ProbeFault } from "./probe-kind.ts";

/** `MODULE:FUNCTION+OFFSET`, taken apart. */
export interface SpelledFunction {
  readonly name: string;
  readonly module?: string;
  readonly offset: number;
}

/** Undefined where it is not spelled as one. */
export function parseFunction(rest: string): SpelledFunction | undefined {
  const parts = /^(?:(?<module>[\w-]+):)?(?<name>[\w.$]+)(?:\+(?<offset>0x[\da-fA-F]+|\d+))?$/.exec(rest)?.groups;
  const { module, name, offset } = parts ?? {};
  if (name === undefined) return undefined;
  return { name, offset: Number(offset ?? 0), ...(module === undefined ? {} : { module }) };
}

export type FoundFunction =
  { readonly function: KernelFunction; readonly fault?: undefined } | { readonly fault: Omit<ProbeFault, "code"> };

/** How the part of the kernel that is no module is spelled where a function of that name is in a module too. */
const KERNEL_PROPER = "vmlinux";

/**
 * The function that a probe names, or the copy that the compiler has made of it where that is all there is.
 * @param several whether a pattern means it, which means those in modules as well
 */
export function findFunction(spelled: SpelledFunction, kind: string, kernel: Kernel, several = false): FoundFunction {
  const functions = kernel.functions();
  const inModule = ({ module = KERNEL_PROPER }: KernelFunction): boolean =>
    spelled.module === undefined || module === spelled.module;
  const named = functions.named(spelled.name).filter(inModule);
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
  return { fault: { message: `${where} has ${alike.length} functions "${first.name}", which it cannot tell apart` } };
}

function inSeveral(name: string, places: readonly string[], kind: string): Omit<ProbeFault, "code"> {
  const probes = places.map((module) => `"${kind}:${module}:${name}"`);
  const message = `${places.length} parts of this kernel have a function "${name}"`;
  return { message, help: `write one of ${probes.join(", ")}; for all of them {any: [...]}` };
}

function missing({ module, name }: SpelledFunction, kind: string, kernel: Kernel): Omit<ProbeFault, "code"> {
  const functions = kernel.functions();
  const [elsewhere] = functions.named(name);
  const message = `this kernel has no function "${name}"${module === undefined ? "" : ` in module "${module}"`} to probe`;
  if (module !== undefined && elsewhere !== undefined) {
    const spelling = elsewhere.module === undefined ? name : `${elsewhere.module}:${name}`;
    return { message, help: `did you mean "${kind}:${spelling}"?` };
  }
  if (functions.exists(name)) {
    const help =
      "the kernel lets nobody probe it: it is notrace, or on the blacklist of kprobes; probe a function that calls it";
    return { message: `function "${name}" cannot be probed`, help };
  }
  const names = function* (): Iterable<string> {
    for (const each of functions.all()) if (module === undefined || each.module === module) yield each.name;
  };
  const near = didYouMean(name, names())?.replace('"', module === undefined ? `"${kind}:` : `"${kind}:${module}:`);
  return { message, help: near ?? noneNear(name, kernel) };
}

/** What a user can do about a function of which nothing is left. */
function noneNear(name: string, kernel: Kernel): string {
  const tracepoint = kernel.tracepoints().find((each) => each.name === name);
  if (tracepoint !== undefined) return `write "tracepoint:${tracepoint.category}:${name}"`;
  return `it may be inlined into its callers, renamed, or in a module that is not loaded: "bpfwarden probes 'kernel:*${longestWord(name)}*'" lists what there is`;
}

function longestWord(name: string): string {
  return name.split("_").toSorted((a, b) => b.length - a.length)[0] ?? name;
}
