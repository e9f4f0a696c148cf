import assert from "node:assert/strict";
import type { Column, ProbeProgram } from "../../../bpf/check/checked-program.ts";
import type { Scalar, ScalarOperator } from "../../../bpf/check/typed-expression.ts";
import { evaluateBinary, evaluateExtend, evaluateSwap } from "../../../bpf/check/constant-fold.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import {
  binary,
  column,
  constant,
  integer,
  lineSpan,
  RULE_SPAN,
  rule,
  thisProcess,
  equal,
  context,
  both,
  filter,
} from "../../bpf/compile/scalars.ts";
import { kernelTest } from "../privilege.ts";
import { callGetppid, GETPPID, kernel, kernelWithout, rawTracepoint } from "./host.ts";
import { runRule } from "./run-rule.ts";

const OPERATORS: readonly ScalarOperator[] = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
];
const LEAST = -(2n ** 63n);
const OPERANDS = [0n, 1n, 7n, 65n, -1n, -7n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 63n - 1n, LEAST];

interface Case {
  readonly name: string;
  readonly scalar: Scalar;
  readonly expected: bigint;
}

/** A value that the compiler cannot know: zero, by way of the context, plus a constant. */
function unknown(value: bigint): Scalar {
  const zero = binary(context(8), "-", constant(GETPPID));
  return binary(zero, "+", constant(value));
}

function binaryCases(): readonly Case[] {
  const cases: Case[] = [];
  for (const operator of OPERATORS) {
    for (const signed of [false, true]) {
      for (const left of OPERANDS) {
        for (const right of OPERANDS) {
          const expected = BigInt.asUintN(64, evaluateBinary(operator, signed, left, right));
          const name = `${signed ? "signed" : "unsigned"} ${String(left)} ${operator} ${String(right)}`;
          cases.push({ name, expected, scalar: binary(unknown(left), operator, unknown(right), signed) });
          cases.push({
            name: `${name} (constant)`,
            expected,
            scalar: binary(unknown(left), operator, constant(right), signed),
          });
        }
      }
    }
  }
  return cases;
}

function unaryCases(): readonly Case[] {
  return OPERANDS.flatMap((value): readonly Case[] => {
    const operand = unknown(value);
    const bits = BigInt.asUintN(64, value);
    return [
      { name: `-${String(value)}`, scalar: { op: "negate", operand }, expected: BigInt.asUintN(64, -value) },
      { name: `~${String(value)}`, scalar: { op: "complement", operand }, expected: BigInt.asUintN(64, ~value) },
      { name: `not ${String(value)}`, scalar: { op: "not", operand }, expected: value === 0n ? 1n : 0n },
      ...([8, 16, 32] as const).flatMap((width) =>
        [false, true].map((signed) => ({
          name: `extend ${String(width)} ${String(signed)} ${String(value)}`,
          scalar: { op: "extend", bits: width, signed, operand } as const,
          expected: BigInt.asUintN(64, evaluateExtend(width, signed, value)),
        })),
      ),
      ...([16, 32, 64] as const).map((width) => ({
        name: `swap ${String(width)} ${String(value)}`,
        scalar: { op: "swap", bits: width, operand } as const,
        expected: BigInt.asUintN(64, evaluateSwap(width, bits)),
      })),
    ];
  });
}

/**
 * Every case is a field of a record; a record that is written in place holds so many, and the
 * number of its program.
 */
const FIELDS = 61;

/**
 * All cases in one rule, a program for each record: attaching and detaching takes longer than
 * running. On a raw tracepoint: a plain one takes 64 programs (BPF_TRACE_MAX_PROGS).
 */
async function check(cases: readonly Case[], host: Kernel): Promise<void> {
  const columns: readonly Column[] = Array.from({ length: FIELDS + 1 }, (_, index) =>
    column(`c${String(index)}`, integer(64)),
  );
  const parts = Array.from({ length: Math.ceil(cases.length / FIELDS) }, (_, index) =>
    cases.slice(FIELDS * index, FIELDS * (index + 1)),
  );
  const condition = both(equal(context(8), constant(GETPPID)), thisProcess(process.pid));
  const programs = parts.map((part, number): ProbeProgram => {
    const fields = [constant(number), ...part.map(({ scalar }) => scalar)];
    const emit = {
      do: "emit",
      fields: fields.map((scalar) => ({ span: lineSpan("event"), scalar })),
      span: lineSpan("event"),
    } as const;
    return {
      name: "operators",
      attach: [rawTracepoint("sys_enter")],
      steps: [filter(condition), emit],
      span: RULE_SPAN,
    };
  });
  const { records } = await runRule(rule({ programs, record: columns }), () => callGetppid(1), host);
  assert.equal(records.length, programs.length);
  for (const bytes of records) {
    const record = Buffer.from(bytes);
    parts[Number(record.readBigUInt64LE(8))]?.forEach(({ name, expected }, index) => {
      assert.equal(record.readBigUInt64LE(16 + 8 * index), expected, name);
    });
  }
}

kernelTest("operators give in the kernel the results of the language", () =>
  check([...binaryCases(), ...unaryCases()], kernel),
);

kernelTest("signed division without its instruction", async () => {
  const divisions = binaryCases().filter(({ scalar }) => scalar.op === "binary" && "/%".includes(scalar.operator));
  await check(divisions, kernelWithout("signed_division"));
});
