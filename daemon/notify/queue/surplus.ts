import { LEVELS } from "../../rules/levels.ts";
import type { Letter } from "./letter.ts";

/** A letter that may be dropped, and its size. */
export interface Weighed {
  readonly letter: Letter;
  readonly bytes: number;
}

export interface Room {
  readonly bytes: number;
  readonly letters: number;
}

/**
 * Returns the letters that must be dropped so that the others have room: the least severe first.
 * Within a level, the letters of the rule and action that take the most go first, so that a noisy
 * rule does not push out the others; among these the oldest.
 *
 * @param letters the oldest first
 */
export function surplusOf(letters: readonly Weighed[], room: Room): readonly Letter[] {
  let bytes = letters.reduce((sum, each) => sum + each.bytes, 0);
  let count = letters.length;
  const surplus: Letter[] = [];
  for (const level of LEVELS) {
    const piles = pilesOf(letters.filter(({ letter }) => letter.level === level));
    while (bytes > room.bytes || count > room.letters) {
      const highest = piles.reduce<Pile | undefined>(higher, undefined);
      const oldest = highest?.letters[highest.dropped];
      if (highest === undefined || oldest === undefined) break;
      highest.dropped++;
      highest.bytes -= oldest.bytes;
      bytes -= oldest.bytes;
      count--;
      surplus.push(oldest.letter);
    }
  }
  return surplus;
}

/** Letters of one rule to one action. */
interface Pile {
  readonly letters: Weighed[];
  bytes: number;
  dropped: number;
}

function pilesOf(letters: readonly Weighed[]): readonly Pile[] {
  const piles = new Map<string, Pile>();
  for (const each of letters) {
    const key = `${each.letter.action}\0${each.letter.rule}`;
    const pile = piles.getOrInsertComputed(key, () => ({ letters: [], bytes: 0, dropped: 0 }));
    pile.letters.push(each);
    pile.bytes += each.bytes;
  }
  return [...piles.values()];
}

/** Returns the higher pile, by bytes; if bytes are equal, by number. */
function higher(one: Pile | undefined, other: Pile): Pile | undefined {
  if (other.dropped === other.letters.length) return one;
  if (one === undefined) return other;
  const difference =
    other.bytes - one.bytes || other.letters.length - other.dropped - (one.letters.length - one.dropped);
  return difference > 0 ? other : one;
}
