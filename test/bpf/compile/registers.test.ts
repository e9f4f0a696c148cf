import assert from "node:assert/strict";
import { test } from "node:test";
import {
  estimateDistinct,
  HASH_LAST_SHIFT,
  HASH_START,
  HASH_STEPS,
  packRegister,
  REGISTER_BITS,
} from "../../../bpf/compile/registers.ts";

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Does the same with a number as the compiled program. */
function registerOf(value: bigint): number {
  let hash = u64(value + HASH_START);
  for (const { shift, factor } of HASH_STEPS) hash = u64((hash ^ (hash >> BigInt(shift))) * factor);
  hash ^= hash >> BigInt(HASH_LAST_SHIFT);
  const rest = u64(hash << BigInt(REGISTER_BITS)) | (1n << BigInt(REGISTER_BITS - 1));
  return packRegister(Number(hash >> BigInt(64 - REGISTER_BITS)), 65 - rest.toString(2).length);
}

test("nothing is 0, one is 1, and few are nearly exact", () => {
  assert.equal(estimateDistinct([]), 0);
  for (const count of [1, 2, 3, 5, 10]) {
    const values = Array.from({ length: count }, (_, index) => registerOf(BigInt(1000 + index)));
    const found = estimateDistinct(values);
    assert.ok(Math.abs(found - count) <= 1, `${found} of ${count}`);
  }
});

test("the error stays within three standard errors of 3.25 %, and their mean square within one and a bit", () => {
  let sum = 0;
  let runs = 0;
  for (const count of [20, 100, 500, 1000, 2000, 3000, 5000, 20_000]) {
    for (const start of [0n, 1n << 32n, 0xffff_0000_0000n]) {
      // as numbers come: one after the other, or by pages
      for (const step of [1n, 4096n]) {
        const packed = new Set<number>();
        for (let index = 0n; index < BigInt(count); index++) packed.add(registerOf(start + step * index));
        const error = estimateDistinct(packed) / count - 1;
        assert.ok(Math.abs(error) <= Math.max(3 * 0.0325, 2 / count), `${count} from ${start} by ${step}: ${error}`);
        sum += error ** 2;
        runs++;
      }
    }
  }
  const standardError = Math.sqrt(sum / runs);
  assert.ok(standardError < 0.04, `standard error ${standardError}`);
});

test("a value that is seen often counts once", () => {
  const once = [1n, 2n, 3n].map(registerOf);
  assert.equal(estimateDistinct([...once, ...once, ...once]), estimateDistinct(once));
});
