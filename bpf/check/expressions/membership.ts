import { isEmptyRange } from "../../language/empty-range.ts";
import type {
  ComparisonOperator,
  Expression,
  MembershipExpression,
  NetworkLiteral,
  RangeExpression,
} from "../../language/expression.ts";
import { printExpression } from "../../language/printer.ts";
import { constant, logical, unary } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { charactersAsString } from "../places.ts";
import type { CheckExpression, Scope } from "../scope.ts";
import { booleanTerm, ERROR, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { equalsLiteral } from "../strings.ts";
import { compare } from "./comparison.ts";

/**
 * Checks `element in [1, 2, 10..20]` and `address in 10.0.0.0/8`: one comparison for each item. The
 * element is computed once.
 */
export function checkMembership(expression: MembershipExpression, scope: Scope, check: CheckExpression): Term {
  const { element, set } = expression;
  const items = set.kind === "list" ? set.items : [set];
  const term = shared(charactersAsString(scope.kernel.btf, check(element, scope)), element, scope);
  if (set.kind !== "list" && set.kind !== "range" && set.kind !== "network") {
    return noSet(set, scope, check);
  }
  const tests = items.map((item) => contains(term, element, item, scope, check));
  if (tests.includes(undefined)) return ERROR;
  const any = anyOf(tests.map((one) => one ?? constant(0n)));
  return booleanTerm(expression.negated ? unary("not", any) : any);
}

/**
 * Joins tests in the order of the list. It halves the list again and again: a chain of thousands of
 * items would be a recursion as deep.
 */
function anyOf(tests: readonly Scalar[]): Scalar {
  const [first = constant(0n)] = tests;
  if (tests.length < 2) return first;
  const middle = Math.ceil(tests.length / 2);
  return logical("or", anyOf(tests.slice(0, middle)), anyOf(tests.slice(middle)));
}

function noSet(set: Expression, scope: Scope, check: CheckExpression): Term {
  const found = check(set, scope);
  if (found.form === "error") return ERROR;
  const message = `expected a list, a range or a network to the right of "in", found ${describe(found, scope.kernel.btf)}`;
  const help = 'write "==" for one value, a list "[a, b]", a range "1..10" or a network "10.0.0.0/8"';
  scope.reporter.error("type-mismatch", set.span, message, help);
  return ERROR;
}

function shared(term: Term, element: Expression, scope: Scope): Term {
  return term.form === "scalar" ? { ...term, scalar: scope.share(term.scalar, element.span) } : term;
}

/** Tests one item. Returns undefined if the item or the element has an error. */
function contains(
  term: Term,
  element: Expression,
  item: Expression,
  scope: Scope,
  check: CheckExpression,
): Scalar | undefined {
  const test = (operator: ComparisonOperator, bound: Expression): Scalar | undefined => {
    const sides = { left: term, right: check(bound, scope), leftExpression: element, rightExpression: bound };
    const isBound = operator !== "==";
    const result = compare({ operator, ...sides, expression: bound, isBound }, scope);
    return result.form === "scalar" ? result.scalar : undefined;
  };
  if (item.kind === "network") return inNetwork(term, item, scope);
  if (item.kind !== "range") return test("==", item);
  if (isEmptyRange(item)) return emptyRange(item, scope);
  const low = test(">=", item.low);
  const high = test("<=", item.high);
  return low === undefined || high === undefined ? undefined : logical("and", low, high);
}

function emptyRange({ span, low, high }: RangeExpression, { reporter }: Scope): undefined {
  const help = `write ${printExpression(high)}..${printExpression(low)}`;
  reporter.error("empty-range", span, "expected a range whose first end is the lower one", help);
  return undefined;
}

function inNetwork(term: Term, network: NetworkLiteral, scope: Scope): Scalar | undefined {
  if (term.form === "error") return undefined;
  if (term.form !== "bytes" || term.type.kind !== "address") {
    const found = describe(term, scope.kernel.btf);
    const message = `expected an address to the left of "in", found ${found}`;
    const help = "write address(x) for a 32-bit integer, or a struct in_addr, in6_addr or sockaddr";
    scope.reporter.error("type-mismatch", network.span, message, help);
    return undefined;
  }
  const mask = maskOf(network.prefixBits);
  const masked = network.address.map((byte, index) => byte & (mask[index] ?? 0));
  return equalsLiteral(term, masked, network.prefixBits === 128 ? undefined : mask);
}

/** Returns 16 bytes with the first `prefixBits` bits set. */
function maskOf(prefixBits: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => {
    const bits = Math.min(8, Math.max(0, prefixBits - index * 8));
    return (0xff << (8 - bits)) & 0xff;
  });
}
