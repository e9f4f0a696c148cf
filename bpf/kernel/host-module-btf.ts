import { readFileSync } from "node:fs";
import { openSplitBtf } from "./btf/split-btf.ts";
import { readVmlinuxBtf } from "./host-facts.ts";
import type { Btf } from "./kernel.ts";

/** The types of loaded modules, opened when first asked for, and anew where a module was replaced by another of its name. */
export function hostModuleBtf(base: () => Btf): (module: string) => Btf | undefined {
  const known = new Map<string, { readonly content: Buffer; readonly btf: Btf }>();
  return (module) => {
    const content = readModuleBtf(module);
    if (content === undefined) return undefined;
    const before = known.get(module);
    if (before !== undefined && before.content.equals(content)) return before.btf;
    const btf = openSplitBtf(content, base(), readVmlinuxBtf());
    known.set(module, { content, btf });
    return btf;
  };
}

function readModuleBtf(module: string): Buffer | undefined {
  // names come from rule files
  if (!/^\w+$/.test(module)) return undefined;
  try {
    return readFileSync(`/sys/kernel/btf/${module}`);
  } catch {
    return undefined;
  }
}
