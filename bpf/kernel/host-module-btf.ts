import { readFileSync } from "node:fs";
import { openSplitBtf } from "./btf/split-btf.ts";
import { readVmlinuxBtf } from "./host-facts.ts";
import type { Btf } from "./kernel.ts";

/**
 * The types of loaded modules, opened when first asked for, and anew where a module was replaced by another of its name. They are let go
 * of where nobody holds them, as those of the kernel, which they hold, are.
 */
export function hostModuleBtf(base: () => Btf): (module: string) => Btf | undefined {
  const opened = new Map<string, { readonly content: Buffer; readonly btf: WeakRef<Btf> }>();
  return (module) => {
    const content = readModuleBtf(module);
    if (content === undefined) return undefined;
    const before = opened.get(module);
    const known = before?.content.equals(content) === true ? before.btf.deref() : undefined;
    if (known !== undefined) return known;
    const btf = openSplitBtf(content, base(), readVmlinuxBtf());
    opened.set(module, { content, btf: new WeakRef(btf) });
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
