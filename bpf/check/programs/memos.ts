import { didYouMean } from "../../source/did-you-mean.ts";
import type { Expression } from "../../language/expression.ts";
import type { NamedExpression, StateSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Memo } from "../checked-program.ts";
import { limitMatch } from "../column-sizes.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import { integerOperand } from "../operands.ts";
import type { Reporter } from "../reporter.ts";
import { integerType, scalarTerm } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { matchValues, unifyMatch, type MatchValues } from "./span-match.ts";

/** The values that the programs of a rule keep between events. */
export interface Memos {
  /**
   * Offers the kept values to the expressions of a program. A memo is read when the first of its
   * names is used.
   */
  offer(builder: ProgramBuilder): void;
  /** Adds the steps that set names. */
  set(named: readonly NamedExpression[], builder: ProgramBuilder): void;
  /**
   * Returns all memos, after every program that uses them has been checked.
   * @param unreadable true if a program may find a value that could not be read
   */
  all(unreadable: boolean): readonly Memo[];
}

interface Declared {
  readonly id: number;
  readonly syntax: StateSyntax;
  /** the keys that programs find it by */
  readonly keys: MatchValues[];
}

export function createMemos(states: readonly StateSyntax[], kernel: Kernel, reporter: Reporter): Memos {
  const declared = states.map((syntax, id): Declared => ({ id, syntax, keys: [] }));
  const names = new Map(declared.flatMap((memo) => memo.syntax.keep.map(({ text }) => [text, memo] as const)));
  reportTwice(states, reporter);
  return {
    offer: (builder) => {
      for (const memo of declared) offerMemo(memo, builder);
    },
    set: (named, builder) => {
      const known = named.filter(({ name }) => names.has(name.text) || unknown(name, [...names.keys()], reporter));
      for (const [memo, own] of Map.groupBy(known, ({ name }) => names.get(name.text))) {
        if (memo !== undefined) setMemo(memo, own, builder);
      }
    },
    all: (unreadable) =>
      declared.map((memo) => ({
        ...finished(memo, kernel, reporter),
        ...(unreadable && { unreadable: true as const }),
      })),
  };
}

function offerMemo(memo: Declared, builder: ProgramBuilder): void {
  const { by, keep, name } = memo.syntax;
  builder.offer(
    keep.map(({ text }) => text),
    () => {
      const values = matchValues(by, builder.scope);
      memo.keys.push(values);
      const keeps = keep.map(() => builder.variable());
      const key = values.flatMap((each) => each?.value ?? []);
      builder.push({ do: "memo-read", memo: memo.id, key, keeps, span: name.span });
      keep.forEach(({ text }, index) => {
        const variable = keeps[index];
        if (variable !== undefined)
          builder.bind(text, scalarTerm(integerType(64, false), { op: "variable", variable }));
      });
    },
  );
}

function setMemo({ id, syntax }: Declared, named: readonly NamedExpression[], builder: ProgramBuilder): void {
  const { keep, name: memoName } = syntax;
  // the place is found by reading, even if no value is used
  builder.scope.bound(keep[0]?.text ?? "");
  const values = named.flatMap(({ expression, name }) => {
    const value = unsigned(expression, builder);
    return value === undefined ? [] : [{ index: keep.findIndex(({ text }) => text === name.text), value }];
  });
  builder.later({ do: "memo-write", memo: id, values, span: memoName.span });
}

function unsigned(expression: Expression, { scope }: ProgramBuilder): Scalar | undefined {
  const integer = integerOperand(checkExpression(expression, scope), expression, scope);
  if (integer === undefined) return undefined;
  const { literal, scalar, type } = integer;
  if (!type.signed || (literal && scalar.op === "constant" && scalar.value >= 0n))
    return scope.share(scalar, expression.span);
  const message = "expected an unsigned number, found a signed one";
  scope.reporter.error("sign-mismatch", expression.span, message, 'write cast(x, "u64")');
  return undefined;
}

function unknown(name: NamedExpression["name"], names: readonly string[], reporter: Reporter): false {
  const help =
    didYouMean(name.text, names) ?? `write the name below "state": {NAME: {by: [...], keep: [${name.text}]}}`;
  reporter.error("unknown-name", name.span, `"state" has no name "${name.text}"`, help);
  return false;
}

function reportTwice(states: readonly StateSyntax[], reporter: Reporter): void {
  const seen = new Set<string>();
  for (const { span, text } of states.flatMap(({ keep }) => keep)) {
    if (seen.has(text)) reporter.error("duplicate-name", span, `expected names that differ, found "${text}" twice`);
    seen.add(text);
  }
}

function finished({ id, keys, syntax }: Declared, kernel: Kernel, reporter: Reporter): Memo {
  const { columns } = unifyMatch(keys, [], kernel, reporter);
  limitMatch(columns, syntax.by, reporter);
  return { id, name: syntax.name.text, key: columns, keeps: syntax.keep.map(({ text }) => text) };
}
