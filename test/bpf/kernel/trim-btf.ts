import type { BtfType } from "../../../bpf/kernel/btf-type.ts";
import type { Btf, BtfNamedKind } from "../../../bpf/kernel/kernel.ts";

/** The kernel's types to keep. */
export interface BtfRoots {
  readonly names: readonly (readonly [kind: BtfNamedKind, name: string])[];
  /** the enums that hold these are kept whole */
  readonly enumerators: readonly string[];
}

/**
 * The types that some named ones need, with true layouts: structs held by value are kept whole,
 * structs that are only pointed to become forward declarations. Ids are new, and stable for the
 * same input. Roots that the kernel lacks are passed over.
 */
export function trimBtf(btf: Btf, roots: BtfRoots): readonly BtfType[] {
  const ids = [
    ...roots.names.map(([kind, name]) => btf.find(kind, name)),
    ...roots.enumerators.map((name) => btf.enumerator(name)?.enumId),
  ].filter((id) => id !== undefined);
  const kept = new Set<number>();
  for (const id of ids) keepByValue(btf, id, kept);
  return copyTypes(btf, ids, kept);
}

/** Structs and unions that a type holds: not what it points to. */
function keepByValue(btf: Btf, id: number, kept: Set<number>): void {
  const type = btf.type(id);
  if (type.kind === "typedef" || type.kind === "modifier") return keepByValue(btf, type.to, kept);
  if (type.kind === "array") return keepByValue(btf, type.element, kept);
  if ((type.kind !== "struct" && type.kind !== "union") || kept.has(id)) return;
  kept.add(id);
  for (const member of type.members) keepByValue(btf, member.type, kept);
}

function copyTypes(btf: Btf, roots: readonly number[], kept: ReadonlySet<number>): readonly BtfType[] {
  const numbers = new Map<number, number>([[0, 0]]);
  const copied: BtfType[] = [];
  const pending: { readonly id: number; readonly at: number }[] = [];
  const numberOf = (id: number): number => {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    pending.push({ id, at: copied.push({ kind: "void" }) - 1 });
    numbers.set(id, copied.length);
    return copied.length;
  };
  roots.forEach(numberOf);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    copied[next.at] = renumbered(shortened(btf.type(next.id), kept.has(next.id)), numberOf);
  }
  return copied;
}

function shortened(type: BtfType, keep: boolean): BtfType {
  if (keep || (type.kind !== "struct" && type.kind !== "union") || type.name === "") return type;
  return { kind: "forward", name: type.name, union: type.kind === "union" };
}

function renumbered(type: BtfType, numberOf: (id: number) => number): BtfType {
  switch (type.kind) {
    case "pointer":
    case "typedef":
    case "modifier":
      return { ...type, to: numberOf(type.to) };
    case "array":
      return { ...type, element: numberOf(type.element) };
    case "struct":
    case "union":
      return { ...type, members: type.members.map((member) => ({ ...member, type: numberOf(member.type) })) };
    case "function":
      return { ...type, prototype: numberOf(type.prototype) };
    case "prototype":
      return {
        ...type,
        returns: numberOf(type.returns),
        parameters: type.parameters.map((parameter) => ({ ...parameter, type: numberOf(parameter.type) })),
      };
    default:
      return type;
  }
}
