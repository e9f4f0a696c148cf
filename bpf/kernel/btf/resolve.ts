import type { BtfType } from "../btf-type.ts";
import type { Btf } from "../kernel.ts";
import { damaged } from "./blob.ts";

/**
 * A type without typedefs and qualifiers, its id, and the names that were passed on the way to it.
 */
export interface ResolvedType {
  readonly id: number;
  readonly type: BtfType;
  /**
   * names of type tags, such as `user`, `percpu`, `rcu`: only compilers that know `btf_type_tag`
   * write them
   */
  readonly tags: readonly string[];
  /** names of typedefs, outermost first */
  readonly typedefs: readonly string[];
}

/** Types nest a few deep; a damaged blob may hold a cycle. */
const MAX_DEPTH = 64;

/** Returns the type below all typedefs, qualifiers and type tags. */
export function resolve(btf: Btf, id: number): ResolvedType {
  const tags: string[] = [];
  const typedefs: string[] = [];
  let at = id;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = btf.type(at);
    if (type.kind === "typedef") typedefs.push(type.name);
    else if (type.kind !== "modifier") return { id: at, type, tags, typedefs };
    else if (type.modifier === "type_tag") tags.push(type.name);
    at = type.to;
  }
  throw damaged(`type ${id} is a typedef of itself`);
}

/**
 * Returns the size of a type in bytes on a 64-bit kernel, or undefined for types without a size:
 * void, functions, forward declarations.
 */
export function sizeOf(btf: Btf, id: number): number | undefined {
  return sizeWithin(btf, id, MAX_DEPTH);
}

function sizeWithin(btf: Btf, id: number, depth: number): number | undefined {
  if (depth === 0) throw damaged(`type ${id} contains itself`);
  const { type } = resolve(btf, id);
  if (type.kind === "pointer") return 8;
  if (type.kind === "array") {
    const element = sizeWithin(btf, type.element, depth - 1);
    return element === undefined ? undefined : element * type.count;
  }
  return "bytes" in type ? type.bytes : undefined;
}
