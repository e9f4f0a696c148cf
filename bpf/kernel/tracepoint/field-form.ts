import type { TracepointField, TracepointFieldForm } from "../kernel.ts";
import { constantValue } from "./constant-expression.ts";
import type { FieldDeclaration } from "./field-declaration.ts";
import type { FormatNames } from "./format-names.ts";
import type { PrintedField } from "./print-format.ts";

/** Facts about a field's event that its declaration does not give. */
export interface FieldContext {
  readonly names: FormatNames;
  readonly printed: PrintedField;
  /**
   * true for a system call's own arguments: each is in a slot of 8 bytes, and pointers lead into
   * user space
   */
  readonly systemCall: boolean;
}

/** Returns a declared field as rules see it. */
export function fieldOf(declaration: FieldDeclaration, around: FieldContext): TracepointField {
  const { name, cType, offset } = declaration;
  const form = formOf(declaration, around);
  const { bytes, signed } = form.kind === "integer" ? widthOf(declaration, around) : declaration;
  return { name, cType, offset, bytes, signed, form: withNames(form, bytes, signed, around) };
}

function formOf(declaration: FieldDeclaration, around: FieldContext): TracepointFieldForm {
  if (declaration.located !== undefined) return locatedForm(declaration, around.names);
  const { address } = around.printed;
  if (address !== undefined && declaration.bytes === (address === 4 ? 4 : 16))
    return { kind: "address", family: address };
  if (declaration.array) return arrayForm(declaration, around.names);
  const to = pointee(declaration.baseType, around.names);
  if (to !== undefined) return { kind: "pointer", to, space: spaceOf(declaration, around) };
  return [1, 2, 4, 8].includes(declaration.bytes) ? { kind: "integer" } : { kind: "opaque" };
}

/**
 * Returns the form of a located field. `__data_loc` holds a u32 of length << 16 | offset.
 * `__rel_loc` counts from elsewhere, and no event of the kernel itself has it.
 */
function locatedForm(declaration: FieldDeclaration, names: FormatNames): TracepointFieldForm {
  if (declaration.located !== "data" || !declaration.array) return { kind: "opaque" };
  if (declaration.baseType === "char") return { kind: "located-characters" };
  const element = names.type(unqualified(declaration.baseType));
  return element?.kind === "integer"
    ? { kind: "located-array", elementBytes: element.bytes, elementSigned: element.signed }
    : { kind: "opaque" };
}

function arrayForm(declaration: FieldDeclaration, names: FormatNames): TracepointFieldForm {
  if (declaration.bytes === 0) return { kind: "opaque" };
  if (declaration.baseType === "char") return { kind: "characters" };
  const element = names.type(unqualified(declaration.baseType));
  const elementBytes = element?.kind === "integer" ? element.bytes : elementBytesFromBounds(declaration);
  if (elementBytes === undefined) return { kind: "opaque" };
  return { kind: "array", elementBytes, elementSigned: declaration.signed };
}

/**
 * Returns the element size from the bounds, for an unknown type. The bounds may be a macro's name.
 */
function elementBytesFromBounds(declaration: FieldDeclaration): number | undefined {
  const bounds = [...declaration.cType.matchAll(/\[(\d+)\]/g)].map(([, bound]) => Number(bound));
  const bytes = declaration.bytes / bounds.reduce((product, bound) => product * bound, 1);
  return bounds.length > 0 && [1, 2, 4, 8].includes(bytes) ? bytes : undefined;
}

/**
 * Returns the type that a pointer points to, without qualifiers, or undefined if the type is not a
 * pointer.
 */
function pointee(type: string, names: FormatNames): string | undefined {
  const bare = unqualified(type);
  if (bare.endsWith("*")) return unqualified(bare.slice(0, -1));
  const named = names.type(bare);
  return named?.kind === "pointer" ? unqualified(named.to) : undefined;
}

/**
 * Returns the address space that a pointer leads into, since `TP_STRUCT__entry` does not say it.
 * Pointers in a system call's arguments come from the caller. All others are objects of the kernel
 * that the tracepoint was given, unless marked. (The few fields that hold a user address have
 * integer types.)
 */
function spaceOf(declaration: FieldDeclaration, around: FieldContext): "kernel" | "user" {
  return around.systemCall || declaration.user ? "user" : "kernel";
}

/**
 * Returns the width that counts. A system call's argument fills a slot of 8 bytes, but the call
 * itself reads only as many as its type has. (`int fd` is the low 4; the caller may leave anything
 * above.) The slot's own sign is not the type's.
 */
function widthOf(declaration: FieldDeclaration, around: FieldContext): { bytes: number; signed: boolean } {
  const type = around.systemCall ? around.names.type(unqualified(declaration.baseType)) : undefined;
  return type?.kind === "integer" && type.bytes <= declaration.bytes ? type : declaration;
}

function withNames(
  form: TracepointFieldForm,
  bytes: number,
  signed: boolean,
  { printed, names }: FieldContext,
): TracepointFieldForm {
  if (form.kind !== "integer" || printed.symbols === undefined) return form;
  const known = new Map<bigint, string>();
  for (const symbol of printed.symbols) {
    const value = constantValue(symbol.value, (name) => names.enumerator(name));
    if (value === undefined) continue;
    const held = signed ? BigInt.asIntN(bytes * 8, value) : BigInt.asUintN(bytes * 8, value);
    if (!known.has(held)) known.set(held, symbol.name);
  }
  return known.size === 0 ? form : { ...form, names: known };
}

function unqualified(type: string): string {
  return type
    .replaceAll(/\b(const|volatile|restrict|__user|__seg_gs|__seg_fs)\b/g, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?\* ?/g, " *")
    .replaceAll("* *", "**")
    .trim();
}
