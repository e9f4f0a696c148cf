import type { Btf } from "../kernel.ts";
import { resolve } from "../btf/resolve.ts";
import { spell } from "../btf/spell.ts";

/** A scalar C type by name, with the facts that reading a field needs. */
export type NamedType =
  | { readonly kind: "integer"; readonly bytes: number; readonly signed: boolean }
  | { readonly kind: "pointer"; readonly to: string };

/**
 * Meanings of names that a format file uses without explaining them, such as `umode_t` and
 * `TCP_ESTABLISHED`.
 */
export interface FormatNames {
  type(name: string): NamedType | undefined;
  enumerator(name: string): bigint | undefined;
}

/** Returns names from the kernel's own BTF: the format files of the same kernel mean these. */
export function formatNames(btf: () => Btf): FormatNames {
  return {
    enumerator: (name) => btf().enumerator(name)?.value,
    type: (name) => BUILT_IN_TYPES[name] ?? typeFromBtf(btf(), name),
  };
}

const BUILT_IN_TYPES: Readonly<Record<string, NamedType>> = {
  char: integer(1, false),
  "signed char": integer(1, true),
  "unsigned char": integer(1, false),
  short: integer(2, true),
  "unsigned short": integer(2, false),
  int: integer(4, true),
  unsigned: integer(4, false),
  "unsigned int": integer(4, false),
  long: integer(8, true),
  "unsigned long": integer(8, false),
  "long long": integer(8, true),
  "unsigned long long": integer(8, false),
};

function integer(bytes: number, signed: boolean): NamedType {
  return { kind: "integer", bytes, signed };
}

function typeFromBtf(btf: Btf, name: string): NamedType | undefined {
  const id = name.startsWith("enum ") ? btf.find("enum", name.slice(5)) : btf.find("typedef", name);
  if (id === undefined) return undefined;
  const { type } = resolve(btf, id);
  if (type.kind === "int" || type.kind === "enum") return integer(type.bytes, type.signed);
  return type.kind === "pointer" ? { kind: "pointer", to: spell(btf, type.to) } : undefined;
}
