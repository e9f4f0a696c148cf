import type { Spelled } from "../../language/program-syntax.ts";
import type { Btf, Kernel, KernelFunction } from "../../kernel/kernel.ts";
import { findFunction, parseFunction, type SpelledFunction } from "./find-function.ts";
import {
  entryRegisters,
  prototypeOf,
  returnRegister,
  trampolineArguments,
  trampolineFault,
  type Prototype,
} from "./function-arguments.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, found, type ProbeKind, type ProbeResolution } from "./probe-kind.ts";

/** The ways in which the kernel runs a program at a function. */
type Means = "breakpoint" | "trampoline";

interface FunctionKind {
  readonly name: string;
  readonly doc: string;
  readonly returns: boolean;
  /** true if an instruction within the function can be probed */
  readonly takesOffset?: true;
  /** in the order in which they are tried */
  readonly means: readonly Means[];
}

const KINDS: readonly FunctionKind[] = [
  {
    name: "kprobe",
    doc: "The entry of a kernel function, or an instruction in it, by breakpoint; arguments by name if BTF has them.",
    returns: false,
    takesOffset: true,
    means: ["breakpoint"],
  },
  {
    name: "kretprobe",
    doc: "The return of a kernel function, by breakpoint, with `retval`.",
    returns: true,
    means: ["breakpoint"],
  },
  {
    name: "fentry",
    doc: "The entry of a kernel function, by trampoline: the cheapest; arguments by name.",
    returns: false,
    means: ["trampoline"],
  },
  {
    name: "fexit",
    doc: "The return of a kernel function, by trampoline, with `retval` and its arguments by name.",
    returns: true,
    means: ["trampoline"],
  },
  {
    name: "kernel",
    doc: "The entry of a kernel function, as `fentry` if the kernel and the function allow it, else as `kprobe`.",
    returns: false,
    means: ["trampoline", "breakpoint"],
  },
  {
    name: "kernelret",
    doc: "The return of a kernel function, as `fexit` if the kernel and the function allow it, else as `kretprobe`.",
    returns: true,
    means: ["trampoline", "breakpoint"],
  },
];

/** `kprobe` and all other kinds that probe functions of the kernel and its modules. */
export const FUNCTION_KINDS: readonly ProbeKind[] = KINDS.map((kind): ProbeKind => {
  const offset = kind.takesOffset ? "[+OFFSET]" : "";
  const described = { name: kind.name, syntax: `${kind.name}:[MODULE:]FUNCTION${offset}`, doc: kind.doc };
  return {
    ...described,
    resolve: (spelled, rest, kernel, several) => resolve(kind, described.syntax, spelled, rest, kernel, several),
    list: (rest, kernel) => list(kind, rest, kernel),
  };
});

/** The kernel configuration that each way needs, for messages. */
const NEEDS: Readonly<Record<Means, string>> = {
  breakpoint: "kprobes (CONFIG_KPROBE_EVENTS)",
  trampoline:
    "BPF trampolines (CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS; Linux 5.5 on x86-64, 6.0 on arm64)",
};

function kernelHas(means: Means, kernel: Kernel): boolean {
  return kernel.has(means === "breakpoint" ? "kprobe" : "fentry");
}

function lacking({ means, name }: FunctionKind, kernel: Kernel): string | undefined {
  if (means.some((each) => kernelHas(each, kernel))) return undefined;
  return `this kernel has no "${name}", which needs ${means.map((each) => NEEDS[each]).join(" or ")}`;
}

function resolve(
  kind: FunctionKind,
  syntax: string,
  spelled: Spelled,
  rest: string,
  kernel: Kernel,
  several: boolean,
): ProbeResolution {
  const wanted = parseFunction(rest);
  if (wanted === undefined || (wanted.offset !== 0 && !kind.takesOffset)) return badSpelling({ syntax }, spelled);
  if (kernel.architecture === "aarch64" && wanted.offset % 4 !== 0) {
    return fault("bad-probe", `expected an offset of whole instructions, 4 bytes each, found ${wanted.offset}`);
  }
  const lacks = lacking(kind, kernel);
  if (lacks !== undefined) return fault("unknown-probe", lacks, insteadOf(kind, wanted, kernel));
  const at = findFunction(wanted, kind.name, kernel, several);
  if (at.fault !== undefined) return fault("unknown-probe", at.fault.message, at.fault.help);
  return resolveAt(kind, spelled, { ...wanted, function: at.function }, kernel, several);
}

/**
 * Returns the help for a kernel without this way to probe functions: a tracepoint of the same name,
 * or the other way.
 */
function insteadOf({ means, returns }: FunctionKind, { name }: SpelledFunction, kernel: Kernel): string {
  const other = means.includes("breakpoint") ? "trampoline" : "breakpoint";
  if (means.length === 1 && kernelHas(other, kernel)) return `write "${returns ? "kernelret" : "kernel"}:${name}"`;
  const same = kernel.tracepoints().find((each) => each.name === name);
  if (same !== undefined) return `write "tracepoint:${same.category}:${same.name}"`;
  return 'write "tracepoint:CATEGORY:NAME" or "rawtracepoint:NAME": "bpfwarden probes" lists those that this kernel has';
}

interface FunctionPlace extends SpelledFunction {
  readonly function: KernelFunction;
}

function resolveAt(
  kind: FunctionKind,
  spelled: Spelled,
  place: FunctionPlace,
  kernel: Kernel,
  several: boolean,
): ProbeResolution {
  const { module, name } = place.function;
  const btf = module === undefined ? kernel.btf : kernel.moduleBtf(module);
  // a copy that the compiler made may take other arguments
  const prototype = btf === undefined || name !== place.name ? undefined : prototypeOf(btf, name);
  const unfit = trampolineUnfit(name, btf, prototype);
  // One link attaches many kprobes, but each trampoline takes a program of its own. A module with a
  // trampoline cannot be unloaded.
  const means = several || module !== undefined ? kind.means.toReversed() : kind.means;
  const usable = means.find((each) => kernelHas(each, kernel) && (each === "breakpoint" || unfit === undefined));
  const types = module === undefined || btf === undefined ? {} : { types: btf };
  if (usable === "trampoline" && btf !== undefined && prototype !== undefined) {
    const btfId = btf.find("function", name) ?? 0;
    const attach = { kind: "trampoline", function: name, btfId, returns: kind.returns, ...moduleOf(module) } as const;
    return found({ spelled, attach, context: trampolineArguments(btf, prototype, kind.returns), ...types });
  }
  if (usable === undefined) {
    return fault(
      "unknown-probe",
      `"${spelled.text}" cannot be used: ${unfit}`,
      `write "${kind.returns ? "kretprobe" : "kprobe"}:${name}"`,
    );
  }
  const { offset } = place;
  const attach = { kind: "kprobe", function: name, offset, returns: kind.returns, ...moduleOf(module) } as const;
  return found({ spelled, attach, context: registersAt(kind, place, kernel, btf ?? kernel.btf, prototype), ...types });
}

function moduleOf(module: string | undefined): { readonly module?: string } {
  return module === undefined ? {} : { module };
}

function registersAt(
  { returns }: FunctionKind,
  { offset }: FunctionPlace,
  { architecture }: Kernel,
  btf: Btf,
  prototype: Prototype | undefined,
): ReturnType<typeof entryRegisters> {
  if (returns) return returnRegister(btf, architecture, prototype);
  // at an instruction within a function the registers hold any value
  return entryRegisters(btf, architecture, offset === 0 ? prototype : undefined);
}

function trampolineUnfit(name: string, btf: Btf | undefined, prototype: Prototype | undefined): string | undefined {
  if (btf === undefined || prototype === undefined) return `BTF does not describe the function "${name}"`;
  const reason = trampolineFault(btf, prototype);
  return reason === undefined ? undefined : `the kernel makes no trampoline for "${name}": ${reason}`;
}

function list(kind: FunctionKind, rest: string, kernel: Kernel): readonly string[] | string {
  const lacks = lacking(kind, kernel);
  if (lacks !== undefined) return lacks;
  const [name = "*", module, ...more] = rest.split(":").toReversed();
  if (more.length > 0) return [];
  const [isName, isModule] = [namePattern(name), namePattern(module ?? "*")];
  const names: string[] = [];
  for (const each of kernel.functions().all()) {
    if (!isName(each.name) || (module !== undefined && !isModule(each.module ?? ""))) continue;
    names.push(each.module === undefined ? each.name : `${each.module}:${each.name}`);
  }
  return names.toSorted();
}
