import { findMember } from "../kernel/btf/find-member.ts";
import type { Btf, BtfNamedKind } from "../kernel/kernel.ts";

/** The kinds among which a name without a tag is searched, in this order. */
const KINDS: readonly BtfNamedKind[] = ["struct", "union", "typedef", "int", "enum"];

/**
 * Finds the type that C spells so: `struct sock`, `sk_buff` (the struct, if there is one), `u32`,
 * `unsigned int`. Returns undefined if BTF does not have it.
 */
export function findType(btf: Btf, spelling: string): number | undefined {
  const [first] = findTypes(btf, spelling);
  return first;
}

/**
 * Returns all types that C spells so. The first is the one that `findType` returns. Source files
 * and modules may each have a type of their own with this name.
 */
export function findTypes(btf: Btf, spelling: string): readonly number[] {
  const [tag, name, ...more] = spelling.trim().split(/\s+/);
  if (name !== undefined && more.length === 0 && (tag === "struct" || tag === "union" || tag === "enum")) {
    return btf.findAll(tag, name);
  }
  if (spelling === "void") return [0];
  for (const kind of KINDS) {
    const ids = btf.findAll(kind, spelling);
    if (ids.length > 0) return ids;
  }
  return [];
}

/** Returns all names that `findType` takes without a tag, for "did you mean". */
export function* typeNames(btf: Btf): Iterable<string> {
  for (const kind of KINDS) yield* btf.names(kind);
}

/**
 * Returns the byte offset of a field path within a struct, such as `d_name.name`. It follows
 * embedded structs only. Returns undefined if a field is missing.
 */
export function offsetOf(btf: Btf, structName: string, path: string): number | undefined {
  let id = btf.find("struct", structName);
  let offset = 0;
  for (const name of path.split(".")) {
    const member = id === undefined ? undefined : findMember(btf, id, name);
    if (member === undefined || member.bitfieldBits !== 0) return undefined;
    offset += member.bitOffset / 8;
    id = member.type;
  }
  return offset;
}
