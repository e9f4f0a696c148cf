import { findMember } from "../kernel/btf/find-member.ts";
import type { Btf, BtfNamedKind } from "../kernel/kernel.ts";

/** Where a bare name is looked for, in this order. */
const KINDS: readonly BtfNamedKind[] = ["struct", "union", "typedef", "int", "enum"];

/** The type that C spells so: `struct sock`, `sk_buff` (a struct where there is one), `u32`, `unsigned int`; undefined where BTF has none. */
export function findType(btf: Btf, spelling: string): number | undefined {
  const [tag, name, ...more] = spelling.trim().split(/\s+/);
  if (name !== undefined && more.length === 0 && (tag === "struct" || tag === "union" || tag === "enum")) {
    return btf.find(tag, name);
  }
  if (spelling === "void") return 0;
  for (const kind of KINDS) {
    const id = btf.find(kind, spelling);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** All names that `findType` takes without a tag, for "did you mean". */
export function* typeNames(btf: Btf): Iterable<string> {
  for (const kind of KINDS) yield* btf.names(kind);
}

/** Byte offset of a field path such as `d_name.name` within a struct, through embedded structs only; undefined where it lacks one. */
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
