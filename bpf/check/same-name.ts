import { isDeepStrictEqual } from "node:util";
import { memberNames } from "../kernel/btf/find-member.ts";
import { resolve, sizeOf } from "../kernel/btf/resolve.ts";
import { spell } from "../kernel/btf/spell.ts";
import type { Btf } from "../kernel/kernel.ts";
import type { Span } from "../source/source.ts";
import type { Scope } from "./scope.ts";
import type { Term } from "./term.ts";

/** The result if the types of one name give different values. */
export const DIFFERS = "differs";

/**
 * Reads through a term whose type shares its name with others. If all types give the same, the
 * result is one term, which again may have several types. Returns undefined if no type has the
 * field.
 */
export function readInEach(
  btf: Btf,
  term: Term,
  read: (term: Term) => Term | undefined,
): Term | undefined | typeof DIFFERS {
  const first = read(term);
  const others = othersOf(term).map((id) => read(withType(term, id)));
  if (others.length === 0) return first;
  if (first === undefined) return others.every((other) => other === undefined) ? undefined : DIFFERS;
  const isSame = others.every(
    (other) => other !== undefined && isDeepStrictEqual(shape(btf, first), shape(btf, other)),
  );
  return isSame ? withOthers(btf, first, others.flatMap(typeOf)) : DIFFERS;
}

/**
 * Returns a pointer or place with the other types of its name. The same type under another name
 * does not count as another one.
 */
export function withOthers(btf: Btf, term: Term, others: readonly number[]): Term {
  const [own] = typeOf(term);
  if (own === undefined || (term.form !== "place" && term.form !== "scalar")) return term;
  const ids = new Map([own, ...others].map((id) => [resolve(btf, id).id, id]));
  ids.delete(resolve(btf, own).id);
  return ids.size === 0 ? term : ({ ...term, type: { ...term.type, others: [...ids.values()] } } as Term);
}

/** Returns the one value that all types of a name give, or DIFFERS. */
export function agreed<Value>(ids: readonly number[], value: (id: number) => Value): Value | typeof DIFFERS {
  const [first, ...others] = ids.map(value);
  return others.every((other) => isDeepStrictEqual(first, other)) ? (first as Value) : DIFFERS;
}

/**
 * Reports that a name means types that differ in what a rule uses, and how to write each of them.
 */
export function reportDifferent(what: string, ids: readonly number[], span: Span, { kernel, reporter }: Scope): void {
  const { btf } = kernel;
  const name = spell(btf, ids[0] ?? 0);
  const message = `this kernel has ${ids.length} types "${name}", which differ in ${what}`;
  const spelled = ids.flatMap((id) => spellingOf(btf, id, ids) ?? []).map((each) => `"${each}"`);
  const help =
    spelled.length === 0 ? `write cast(x, "u64 *")[n] for the number at an address` : `write ${spelled.join(" or ")}`;
  reporter.error("ambiguous-type", span, message, help);
}

/** Returns all types that a term's type may be. */
export function typesOf(term: Term): readonly number[] {
  return [...typeOf(term), ...othersOf(term)];
}

/**
 * Spells one of several types with the same name: `NAME{MEMBER}` if only this type has the member,
 * `NAME{BYTES}` if only this type has the size.
 */
function spellingOf(btf: Btf, id: number, all: readonly number[]): string | undefined {
  const others = all.filter((each) => each !== id);
  const elsewhere = new Set(others.flatMap((other) => memberNames(btf, other)));
  const member = memberNames(btf, id).find((each) => !elsewhere.has(each));
  const bytes = sizeOf(btf, id);
  if (member !== undefined) return `${spell(btf, id)}{${member}}`;
  return others.some((other) => sizeOf(btf, other) === bytes) ? undefined : `${spell(btf, id)}{${bytes}}`;
}

/**
 * True if a type is the one that `{...}` after its name chooses: it has these members, or this size
 * in bytes.
 */
export function isChosen(btf: Btf, id: number, choice: string): boolean {
  const names = new Set(memberNames(btf, id));
  return choice.split(",").every((each) => {
    const word = each.trim();
    return /^\d+$/.test(word) ? sizeOf(btf, id) === Number(word) : names.has(word);
  });
}

function othersOf(term: Term): readonly number[] {
  if (term.form === "place") return term.type.others ?? [];
  return term.form === "scalar" && term.type.kind === "pointer" ? (term.type.others ?? []) : [];
}

function typeOf(term: Term | undefined): readonly number[] {
  if (term?.form === "place") return [term.type.type];
  return term?.form === "scalar" && term.type.kind === "pointer" ? [term.type.to] : [];
}

function withType(term: Term, id: number): Term {
  if (term.form === "place") return { ...term, type: { ...term.type, type: id } };
  return term.form === "scalar" && term.type.kind === "pointer" ? { ...term, type: { ...term.type, to: id } } : term;
}

/**
 * Returns a term without the ids of types, to compare terms: what a program would do, and for a
 * place the facts that follow from its type.
 */
function shape(btf: Btf, term: Term): unknown {
  const [id] = typeOf(term);
  if (id === undefined) return term;
  const { type } = resolve(btf, id);
  const bare = { ...withType(term, 0), kind: type.kind };
  return type.kind === "array" ? { ...bare, count: type.count, bytes: sizeOf(btf, id) } : bare;
}
