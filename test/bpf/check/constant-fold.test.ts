import assert from "node:assert/strict";
import { test } from "node:test";
import {
  binary,
  conditional,
  constant,
  evaluateBinary,
  evaluateExtend,
  evaluateSwap,
  logical,
} from "../../../bpf/check/constant-fold.ts";
import type { Scalar, ScalarOperator } from "../../../bpf/check/typed-expression.ts";

const LEAST = -(1n << 63n);
const CASES: readonly [bigint, ScalarOperator, bigint, { signed: bigint; unsigned: bigint }][] = [
  [7n, "/", 0n, { signed: 0n, unsigned: 0n }],
  [7n, "%", 0n, { signed: 0n, unsigned: 0n }],
  [-7n, "/", 2n, { signed: -3n, unsigned: 0x7ffffffffffffffcn }],
  [-7n, "%", 2n, { signed: -1n, unsigned: 1n }],
  [LEAST, "/", -1n, { signed: LEAST, unsigned: 0n }],
  [LEAST, "-", 1n, { signed: -LEAST - 1n, unsigned: -LEAST - 1n }],
  [1n, "<<", 64n, { signed: 1n, unsigned: 1n }],
  [1n, "<<", -1n, { signed: LEAST, unsigned: LEAST }],
  [-8n, ">>", 1n, { signed: -4n, unsigned: 0x7ffffffffffffffcn }],
  [-1n, "<", 1n, { signed: 1n, unsigned: 0n }],
  [-1n, ">=", 1n, { signed: 0n, unsigned: 1n }],
];

test("operators wrap, give 0 for division by 0, mask shifts and truncate", () => {
  for (const [left, operator, right, { signed, unsigned }] of CASES) {
    const what = `${left} ${operator} ${right}`;
    assert.equal(evaluateBinary(operator, true, left, right), signed, `${what} signed`);
    assert.equal(evaluateBinary(operator, false, left, right), unsigned, `${what} unsigned`);
  }
});

test("extending truncates first, swapping drops the bytes above", () => {
  assert.equal(evaluateExtend(8, true, 0x1ffn), -1n);
  assert.equal(evaluateExtend(8, false, 0x1ffn), 255n);
  assert.equal(evaluateSwap(16, 0xff1234n), 0x3412n);
  assert.equal(evaluateSwap(64, 1n), 1n << 56n);
  assert.equal(evaluateSwap(64, 0xffn), -(1n << 56n));
});

test("constants are dropped if they decide the result or change nothing", () => {
  const x: Scalar = { op: "helper", helper: "cpu" };
  assert.deepEqual(binary("+", true, x, constant(0n)), x);
  assert.deepEqual(binary("<", false, x, constant(0n)), constant(0n));
  assert.equal(binary("<", true, x, constant(0n)).op, "binary");
  assert.deepEqual(logical("and", x, constant(0n)), constant(0n));
  assert.deepEqual(logical("or", constant(0n), x), x);
  assert.deepEqual(conditional(constant(1n), x, constant(5n)), x);
});
