import type { CallExpression, Expression } from "../../language/expression.ts";
import { resolve, sizeOf } from "../../kernel/btf/resolve.ts";
import { binary, conditional, constant, swap } from "../constant-fold.ts";
import { describe } from "../describe.ts";
import { integerOperand } from "../operands.ts";
import { addressOf, detached } from "../places.ts";
import { branch, type CheckExpression, type Scope } from "../scope.ts";
import { addressTerm, type BytesTerm, ERROR, integerType, scalarTerm, type ScalarTerm, type Term } from "../term.ts";
import type { Bytes, Scalar } from "../typed-expression.ts";
import { argument, type LanguageFunction } from "./function.ts";

const AF_INET = 2n;
const AF_INET6 = 10n;
/** `::`, the result for an address of another family. */
const NONE: Bytes = { op: "literal", value: new Uint8Array(16), bytes: 16 };

export const ADDRESS: LanguageFunction = {
  name: "address",
  usage: "address(value) or address(family, v4, v6)",
  doc:
    "An IP address, of either family, from a `__be32`, `struct in_addr`, `in6_addr` or `sockaddr`, or from a pointer to one. " +
    "With three values: the address of that family. `::` if it is neither v4 nor v6.",
  least: 1,
  most: 3,
  check(call, scope, check) {
    const [first, second, third] = call.arguments;
    if (first !== undefined && second === undefined) return oneAddress(first, scope, check);
    if (first !== undefined && second !== undefined && third !== undefined) {
      return addressOfFamily([first, second, third], scope, check);
    }
    scope.reporter.error(
      "bad-argument-count",
      call.span,
      "expected 1 or 3 arguments, found 2",
      `write "${ADDRESS.usage}"`,
    );
    return ERROR;
  },
};

function addressOfFamily(
  [first, second, third]: readonly [Expression, Expression, Expression],
  scope: Scope,
  check: CheckExpression,
): Term {
  const family = integerOperand(check(first, scope), first, scope);
  const inBranch = branch(scope);
  const [v4, v6] = [oneAddress(second, inBranch, check), oneAddress(third, inBranch, check)];
  if (family === undefined || v4.form !== "bytes" || v6.form !== "bytes") return ERROR;
  return addressTerm(byFamily(scope.share(family.scalar, first.span), v4.bytes, v6.bytes));
}

function byFamily(family: Scalar, v4: Bytes, v6: Bytes): Bytes {
  const is = (value: bigint): Scalar => binary("==", false, family, constant(value));
  const other: Bytes = { op: "choose", test: is(AF_INET6), then: v6, otherwise: NONE, bytes: 16 };
  return { op: "choose", test: is(AF_INET), then: v4, otherwise: other, bytes: 16 };
}

function oneAddress(expression: Expression, scope: Scope, check: CheckExpression): Term {
  const term = check(expression, scope);
  if (term.form === "error" || (term.form === "bytes" && term.type.kind === "address")) return term;
  const bytes = bytesOf(term, expression, scope);
  if (bytes !== undefined) return addressTerm(bytes);
  const found = describe(term, scope.kernel.btf);
  const message = `expected a 32-bit integer, or a struct in_addr, in6_addr or sockaddr, found ${found}`;
  const help =
    'write cast(x, "sockaddr") for a pointer to a socket address, cast(x, "in6_addr") for one to a v6 address';
  scope.reporter.error("type-mismatch", expression.span, message, help);
  return ERROR;
}

function bytesOf(term: Term, expression: Expression, scope: Scope): Bytes | undefined {
  if (term.form === "scalar" && term.type.kind === "integer") {
    return term.type.bits === 32 ? { op: "mapped-v4", value: term.scalar, bytes: 16 } : undefined;
  }
  const made = madeAddress(term);
  if (made !== undefined) return made.address.bytes;
  const at = memoryOf(term, scope);
  if (at === undefined) return undefined;
  const { name, space } = at;
  if (name.startsWith("sockaddr")) return ofSocketAddress({ ...at, address: scope.share(at.address, expression.span) });
  if (at.bytes === 16) return { op: "memory", address: at.address, space, bytes: 16 };
  return at.bytes === 4 ? { op: "mapped-v4", value: read(at, 0, 4), bytes: 16 } : undefined;
}

interface Memory {
  /** of the struct; empty for an array */
  readonly name: string;
  readonly bytes: number | undefined;
  readonly address: Scalar;
  readonly space: "kernel" | "user";
}

const SOCKADDR_IN6_BYTES = 28;
const STRUCTS = ["in_addr", "in6_addr", "sockaddr", "sockaddr_in", "sockaddr_in6", "sockaddr_storage"];

/**
 * Returns the memory that holds an address: one of the structs with an address, or an array of as
 * many bytes as an address has.
 */
function memoryOf(term: Term, { kernel: { btf } }: Scope): Memory | undefined {
  if (term.form === "context-array") return memoryInRecord(term);
  const id =
    term.form === "place" ? term.type.type : term.form === "scalar" && term.type.kind === "pointer" ? term.type.to : 0;
  const { type } = resolve(btf, id);
  const name = type.kind === "struct" ? type.name : "";
  if (type.kind === "struct" ? !STRUCTS.includes(name) : type.kind !== "array") return undefined;
  const bytes = sizeOf(btf, id);
  if (term.form === "place") return { name, bytes, address: addressOf(term), space: term.type.space };
  if (term.form !== "scalar" || term.type.kind !== "pointer") return undefined;
  return { name, bytes, address: detached(term.scalar), space: term.type.space };
}

/** Returns a socket address of a record that is computed from arguments. */
const madeAddress = (term: Term): { readonly address: BytesTerm; readonly port: ScalarTerm } | undefined =>
  term.form === "context-array" && term.made !== undefined && "address" in term.made ? term.made : undefined;

/**
 * Returns a socket address that a tracepoint records as bytes without a type: `__u8
 * saddr[sizeof(struct sockaddr_in6)]`.
 */
function memoryInRecord({ elementBytes, count, offset }: Extract<Term, { form: "context-array" }>): Memory | undefined {
  const name = count === SOCKADDR_IN6_BYTES ? "sockaddr_in6" : "";
  if (elementBytes !== 1 || (name === "" && count !== 16)) return undefined;
  return { name, bytes: count, address: { op: "context-address", offset }, space: "kernel" };
}

function read({ address, space }: Memory, offset: number, bytes: 2 | 4): Scalar {
  return { op: "load", base: address, offset, bytes, signed: false, how: space };
}

/**
 * Reads the address in a socket address. `sockaddr_in`: family, port, 4 bytes of address.
 * `sockaddr_in6`: family, port, flow, 16 bytes (include/uapi/linux/in.h, in6.h).
 */
function ofSocketAddress(at: Memory): Bytes {
  const v4: Bytes = { op: "mapped-v4", value: read(at, 4, 4), bytes: 16 };
  const v6: Bytes = { op: "memory", address: binary("+", false, at.address, constant(8n)), space: at.space, bytes: 16 };
  return byFamily(read(at, 0, 2), v4, v6);
}

export const PORT: LanguageFunction = {
  name: "port",
  usage: "port(sockaddr)",
  doc: "The port of a v4 or v6 `struct sockaddr`; 0 for other families.",
  least: 1,
  most: 1,
  check(call, scope, check) {
    const expression = argument(call, 0);
    const term = check(expression, scope);
    if (term.form === "error") return ERROR;
    const made = madeAddress(term);
    if (made !== undefined) return made.port;
    const at = memoryOf(term, scope);
    if (at === undefined || !at.name.startsWith("sockaddr")) return noSocketAddress(call, term, scope);
    const shared = { ...at, address: scope.share(at.address, expression.span) };
    const family = read(shared, 0, 2);
    const test: Scalar = {
      op: "or",
      left: binary("==", false, family, constant(AF_INET)),
      right: binary("==", false, family, constant(AF_INET6)),
    };
    return scalarTerm(integerType(16, false), conditional(test, swap(16, read(shared, 2, 2)), constant(0n)));
  },
};

function noSocketAddress(call: CallExpression, term: Term, scope: Scope): Term {
  const found = describe(term, scope.kernel.btf);
  const isUnix = found.includes("sockaddr_un");
  const help = isUnix
    ? 'a Unix socket has a path and no port: write str(cast(x, "sockaddr_un").sun_path)'
    : 'write port(cast(x, "sockaddr")) if it is the address of one';
  scope.reporter.error("type-mismatch", argument(call, 0).span, `expected a struct sockaddr, found ${found}`, help);
  return ERROR;
}
