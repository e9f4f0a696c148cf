import { readFileSync } from "node:fs";
import { openSplitBtf } from "./btf/split-btf.ts";
import { readVmlinuxBtf } from "./host-facts.ts";
import type { Btf } from "./kernel.ts";

/**
 * Returns a function that opens the types of loaded modules when first asked for, and again after a
 * module was replaced by another of its name. The types, and the kernel's types that they refer to,
 * are released while nothing uses them.
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
