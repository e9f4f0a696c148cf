import type { Btf } from "../kernel/kernel.ts";
import { resolve } from "../kernel/btf/resolve.ts";
import type { Meaning } from "./type.ts";
import { bitsOf, isWidth } from "./widths.ts";
import { integerType, PLAIN, type IntegerType, type PointerType } from "./term.ts";

export interface IntegerValue {
  readonly type: IntegerType | { readonly kind: "boolean" };
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/**
 * Returns the type that a BTF integer, enum or bool has in the language. Returns undefined for
 * other types, and for integers of 16 bytes.
 */
export function integerOf(btf: Btf, typeId: number): IntegerValue | undefined {
  const { type, typedefs } = resolve(btf, typeId);
  if ((type.kind !== "int" && type.kind !== "enum") || !isWidth(type.bytes)) return undefined;
  const { bytes, signed } = type;
  if (type.kind === "int" && type.bool) return { type: { kind: "boolean" }, bytes, signed };
  const names = type.kind === "enum" ? new Map(type.values.map(({ name, value }) => [value, name])) : undefined;
  const meaning: Meaning = names === undefined ? meaningOfTypedef(typedefs) : { kind: "names", names };
  return { type: integerType(bitsOf(bytes), signed, meaning), bytes, signed };
}

const TYPEDEF_MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ["dev_t", { kind: "device" }],
  ["umode_t", { kind: "mode" }],
]);

function meaningOfTypedef(typedefs: readonly string[]): Meaning {
  for (const name of typedefs) {
    const meaning = TYPEDEF_MEANINGS.get(name);
    if (meaning !== undefined) return meaning;
  }
  return PLAIN;
}

/**
 * Returns the type of a pointer value. The verifier lets a program load through a pointer to a
 * struct if the pointer itself came from direct loads, unless it is tagged as a pointer into user
 * or per-CPU memory (`btf_struct_walk` in kernel/bpf/btf.c).
 */
export function pointerTo(btf: Btf, pointerId: number, direct: boolean): PointerType {
  const pointer = resolve(btf, pointerId).type;
  const target = pointer.kind === "pointer" ? pointer.to : 0;
  const { type, tags } = resolve(btf, target);
  const user = tags.includes("user");
  const walkable = type.kind === "struct" && !user && !tags.includes("percpu");
  return { kind: "pointer", to: target, space: user ? "user" : "kernel", direct: direct && walkable };
}
