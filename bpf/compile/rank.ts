import { aggregateRecord } from "../check/aggregate-functions.ts";
import type { Aggregate } from "../check/checked-program.ts";

const SIGN_BIT = 1n << 63n;
const ALL_BITS = (1n << 64n) - 1n;

/**
 * Returns the rank of a value, as `min` and `max` keep it. It is a u64 that is greater the better
 * the value is, so that memory full of zeros is a valid start, and one compare-exchange is the
 * whole update. The sign bit of signed values is flipped; `min` complements.
 */
export function rankOf(aggregate: Pick<Aggregate, "function" | "signed">, value: bigint): bigint {
  const ordered = BigInt.asUintN(64, value) ^ (aggregate.signed ? SIGN_BIT : 0n);
  return keepsLeast(aggregate) ? ordered ^ ALL_BITS : ordered;
}

/** Returns the value of a rank: signed or unsigned as the aggregate is. */
export function valueOfRank(aggregate: Pick<Aggregate, "function" | "signed">, rank: bigint): bigint {
  const ordered = keepsLeast(aggregate) ? rank ^ ALL_BITS : rank;
  return aggregate.signed ? BigInt.asIntN(64, ordered ^ SIGN_BIT) : ordered;
}

const keepsLeast = ({ function: name }: Pick<Aggregate, "function">): boolean =>
  aggregateRecord(name).keeps === "least";
