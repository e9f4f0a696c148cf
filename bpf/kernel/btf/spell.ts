import type { BtfType } from "../btf-type.ts";
import type { Btf } from "../kernel.ts";
import { damaged } from "./blob.ts";

const MAX_DEPTH = 64;

/**
 * Returns a type as C spells it, for messages: `struct sock *`, `const char *`, `char[16]`, `int
 * (*)(struct sock *)`.
 */
export function spell(btf: Btf, id: number): string {
  return spellAround(btf, id, "", MAX_DEPTH);
}

/**
 * Spells a type from the inside out, as C declarators are read: `inner` is in the place of the
 * declared name.
 */
function spellAround(btf: Btf, id: number, inner: string, depth: number): string {
  if (depth === 0) throw damaged(`type ${id} contains itself`);
  const type = btf.type(id);
  switch (type.kind) {
    case "pointer":
      return spellAround(btf, type.to, `*${inner}`, depth - 1);
    case "array":
      return spellAround(btf, type.element, `${grouped(inner)}[${type.count}]`, depth - 1);
    case "prototype":
      return spellAround(btf, type.returns, `${grouped(inner)}(${spellParameters(btf, type, depth - 1)})`, depth - 1);
    case "function":
      return spellAround(btf, type.prototype, inner, depth - 1);
    case "modifier":
      return spellModified(btf, type, inner, depth - 1);
    default:
      return joined(baseName(type), inner);
  }
}

type Modifier = Extract<BtfType, { kind: "modifier" }>;
type Prototype = Extract<BtfType, { kind: "prototype" }>;

/**
 * Spells a qualified type. A qualifier of a pointer follows its star, any other one comes first.
 */
function spellModified(btf: Btf, type: Modifier, inner: string, depth: number): string {
  const word = type.modifier === "type_tag" ? `__${type.name}` : type.modifier;
  if (btf.type(type.to).kind === "pointer") return spellAround(btf, type.to, joined(` ${word}`, inner), depth);
  return `${word} ${spellAround(btf, type.to, inner, depth)}`;
}

function spellParameters(btf: Btf, prototype: Prototype, depth: number): string {
  if (prototype.parameters.length === 0) return "void";
  return prototype.parameters
    .map(({ name, type }) => (name === "" && type === 0 ? "..." : spellAround(btf, type, "", depth)))
    .join(", ");
}

function grouped(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

function joined(word: string, inner: string): string {
  return inner === "" || inner.startsWith("[") ? word + inner : `${word} ${inner.trimStart()}`;
}

function baseName(
  type: Exclude<BtfType, { kind: "pointer" | "array" | "prototype" | "function" | "modifier" }>,
): string {
  switch (type.kind) {
    case "void":
      return "void";
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} ${type.name || "{...}"}`;
    case "forward":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    default:
      return type.name;
  }
}
