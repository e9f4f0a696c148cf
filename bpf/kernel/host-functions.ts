import { readFileSync } from "node:fs";
import { openFunctions, type FunctionTexts } from "./functions.ts";
import type { KernelFunctions } from "./kernel.ts";
import { loadedModules } from "./loaded-modules.ts";

/**
 * Returns the functions of the running kernel. They are kept as long as the same modules are
 * loaded.
 *
 * @param tracefs mount point of tracefs; undefined if it is absent or cannot be read
 */
export function hostFunctions(tracefs: () => string | undefined): () => KernelFunctions {
  let known: { readonly modules: string; readonly functions: KernelFunctions } | undefined;
  return () => {
    const modules = [...loadedModules()].join("\n");
    if (known?.modules !== modules) known = { modules, functions: readFunctions(tracefs()) };
    return known.functions;
  };
}

function readFunctions(tracefs: string | undefined): KernelFunctions {
  return openFunctions(readFunctionTexts(tracefs));
}

/**
 * Reads the running kernel's lists of functions. Its symbols, about ten megabytes, are read each
 * time that they are asked for.
 */
export function readFunctionTexts(tracefs: string | undefined): FunctionTexts {
  const traceable = tracefs === undefined ? undefined : readable(`${tracefs}/available_filter_functions`);
  return {
    traceable: traceable === "" ? undefined : traceable,
    get symbols() {
      return readable("/proc/kallsyms") ?? "";
    },
    blacklist: readable("/sys/kernel/debug/kprobes/blacklist") ?? "",
  };
}

function readable(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
