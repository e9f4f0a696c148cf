import type { BtfMember } from "../btf-type.ts";
import type { Btf } from "../kernel.ts";
import { damaged } from "./blob.ts";
import { resolve } from "./resolve.ts";

/** A member of a struct or union; the offset counts from the outermost one. */
export interface FoundMember {
  readonly type: number;
  readonly bitOffset: number;
  /** 0 if the member is not a bitfield */
  readonly bitfieldBits: number;
  /**
   * true if there is no union on the way, so that the verifier finds the same member at the offset
   */
  readonly plain: boolean;
}

const MAX_DEPTH = 64;

/**
 * Finds a member of a struct or union, or of anonymous ones within it, as C does. `id` may be a
 * typedef or qualified. Returns undefined if there is no such member, or `id` is neither struct nor
 * union.
 */
export function findMember(btf: Btf, id: number, name: string): FoundMember | undefined {
  return findWithin(btf, id, name, 0, MAX_DEPTH);
}

/** Returns the names of all members that `findMember` finds, in the order of declaration. */
export function memberNames(btf: Btf, id: number): readonly string[] {
  return namesWithin(btf, id, MAX_DEPTH);
}

function findWithin(btf: Btf, id: number, name: string, base: number, depth: number): FoundMember | undefined {
  const { plain, members } = bodyOf(btf, id, depth);
  for (const { name: own, type, bitOffset: within, bitfieldBits } of members) {
    const bitOffset = base + within;
    if (own === name) return { type, bitOffset, bitfieldBits, plain };
    const inner = own === "" ? findWithin(btf, type, name, bitOffset, depth - 1) : undefined;
    if (inner !== undefined) return { ...inner, plain: plain && inner.plain };
  }
  return undefined;
}

function namesWithin(btf: Btf, id: number, depth: number): readonly string[] {
  return bodyOf(btf, id, depth).members.flatMap((member) =>
    member.name === "" ? namesWithin(btf, member.type, depth - 1) : [member.name],
  );
}

function bodyOf(btf: Btf, id: number, depth: number): { plain: boolean; members: readonly BtfMember[] } {
  if (depth === 0) throw damaged(`type ${id} contains itself`);
  const { type } = resolve(btf, id);
  return type.kind === "struct" || type.kind === "union"
    ? { plain: type.kind === "struct", members: type.members }
    : { plain: true, members: [] };
}
