import type { BtfType } from "../btf-type.ts";
import type { Btf } from "../kernel.ts";
import { damaged } from "./blob.ts";

/** A type and its id, so that both can be passed on. */
export interface ResolvedType {
  readonly id: number;
  readonly type: BtfType;
}

/** Types nest a few deep; a damaged blob may hold a cycle. */
const MAX_DEPTH = 64;

/** The type below all typedefs, qualifiers and type tags. */
export function resolve(btf: Btf, id: number): ResolvedType {
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = btf.type(id);
    if (type.kind !== "typedef" && type.kind !== "modifier") return { id, type };
    id = type.to;
  }
  throw damaged(`type ${id} is a typedef of itself`);
}

/**
 * Whether a pointer type is marked as pointing to user space (`char __user *`). Kernels built by compilers that know
 * `btf_type_tag` say so; without the tag nothing is known.
 */
export function pointsToUser(btf: Btf, id: number): boolean {
  const { type } = resolve(btf, id);
  if (type.kind !== "pointer") return false;
  let to = btf.type(type.to);
  for (let depth = 0; to.kind === "modifier" && depth < MAX_DEPTH; depth++) {
    if (to.modifier === "type_tag" && to.name === "user") return true;
    to = btf.type(to.to);
  }
  return false;
}

/** The size of a type in bytes, on a 64-bit kernel; undefined for what has none: void, functions, forward declarations. */
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
