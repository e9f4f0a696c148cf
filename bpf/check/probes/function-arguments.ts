import type { BtfParameter } from "../../kernel/btf-type.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { spell } from "../../kernel/btf/spell.ts";
import type { Architecture, Btf } from "../../kernel/kernel.ts";
import { integerOf, pointerTo } from "../btf-value.ts";
import { S64, scalarTerm, type Term } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import { CALL_REGISTERS } from "./call-registers.ts";
import type { ProbeContext } from "./probe-kind.ts";

/** The parameters and the result of a function, from BTF. */
export interface Prototype {
  readonly parameters: readonly BtfParameter[];
  readonly returns: number;
}

/** Returns the prototype of a function, or undefined if BTF does not have it. */
export function prototypeOf(btf: Btf, functionName: string): Prototype | undefined {
  const id = btf.find("function", functionName);
  const type = id === undefined ? undefined : btf.type(id);
  const prototype = type?.kind === "function" ? btf.type(type.prototype) : undefined;
  return prototype?.kind === "prototype" ? prototype : undefined;
}

const NOTHING = new Map<string, Term | string>();

/**
 * Returns the arguments at the entry of a function, for a breakpoint: its registers, with the types
 * that BTF gives its parameters.
 */
export function entryRegisters(btf: Btf, architecture: Architecture, prototype: Prototype | undefined): ProbeContext {
  const registers = CALL_REGISTERS[architecture].arguments;
  if (prototype === undefined)
    return { fields: NOTHING, positional: registers.map(plainRegister), integerSpace: "kernel", untyped: true };
  const readable = registerParameters(btf, prototype);
  const typed = prototype.parameters.map((parameter, index): Term | string => {
    const offset = registers[index];
    if (index >= readable)
      return `it comes after a "${spell(btf, prototype.parameters[readable]?.type ?? 0)}" that is passed by value`;
    return offset === undefined ? "it is passed on the stack" : valueAt(btf, parameter.type, offset, "registers");
  });
  return { ...namedContext(prototype, typed), integerSpace: "kernel" };
}

/**
 * Returns the result at the return of a function, for a breakpoint. There are no arguments: the
 * function has used their registers since.
 */
export function returnRegister(btf: Btf, architecture: Architecture, prototype: Prototype | undefined): ProbeContext {
  const offset = CALL_REGISTERS[architecture].result;
  const returned =
    prototype === undefined ? plainRegister(offset) : returnedValue(btf, prototype.returns, offset, "registers");
  const untyped = prototype === undefined ? ({ untyped: true } as const) : {};
  return { fields: NOTHING, positional: [], ...returnedOf(returned), integerSpace: "kernel", ...untyped };
}

/**
 * Returns the arguments for a trampoline: all in words of 8 bytes, and after them the return value.
 */
export function trampolineArguments(btf: Btf, prototype: Prototype, returns: boolean): ProbeContext {
  const typed = prototype.parameters.map(({ type }, index) => valueAt(btf, type, 8 * index, "words"));
  const context: ProbeContext = { ...namedContext(prototype, typed), integerSpace: "kernel" };
  if (!returns) return context;
  return { ...context, ...returnedOf(returnedValue(btf, prototype.returns, 8 * typed.length, "words")) };
}

/**
 * Returns the reason why the kernel cannot make a trampoline for a function, or undefined if it
 * can. Arguments must be numbers and pointers, at most six (btf_distill_func_proto in
 * kernel/bpf/btf.c, arch_prepare_bpf_trampoline). Newer kernels take more.
 */
export function trampolineFault(btf: Btf, { parameters, returns }: Prototype): string | undefined {
  if (parameters.length > MOST_ARGUMENTS) return `it has more than ${MOST_ARGUMENTS} arguments`;
  const wide = parameters.find(({ type }) => !isWord(btf, type));
  if (wide !== undefined) return wide.type === 0 ? "it is variadic" : `it takes a "${spell(btf, wide.type)}" by value`;
  return returns === 0 || isWord(btf, returns) ? undefined : `it returns a "${spell(btf, returns)}" by value`;
}

const MOST_ARGUMENTS = 6;

function isWord(btf: Btf, typeId: number): boolean {
  return resolve(btf, typeId).type.kind === "pointer" || integerOf(btf, typeId) !== undefined;
}

/**
 * Returns how many of the first parameters are in the registers of their number. A struct by value
 * takes two registers, one or none.
 */
function registerParameters(btf: Btf, { parameters }: Prototype): number {
  const first = parameters.findIndex(({ type }) => !isWord(btf, type));
  return first < 0 ? parameters.length : first;
}

function namedContext(
  { parameters }: Prototype,
  typed: readonly (Term | string)[],
): Pick<ProbeContext, "fields" | "positional"> {
  const fields = parameters.flatMap(({ name }, index): [string, Term | string][] => {
    const term = typed[index];
    return name === "" || term === undefined ? [] : [[argumentName(name), term]];
  });
  return { fields: new Map(fields), positional: typed };
}

/**
 * Returns the name of an argument without the suffix by which the kernel tells its verifier that
 * the pointer can be NULL (`__nullable`, 6.12): older kernels have the name without it.
 */
export function argumentName(name: string): string {
  return name.replace(/__nullable$/, "");
}

function plainRegister(offset: number): Term {
  return scalarTerm(S64, { op: "context", offset, bytes: 8, signed: true });
}

function returnedOf(value: Term | undefined): { readonly returned?: Term } {
  return value === undefined ? {} : { returned: value };
}

function returnedValue(btf: Btf, typeId: number, offset: number, held: "registers" | "words"): Term | undefined {
  if (resolve(btf, typeId).type.kind === "void") return undefined;
  const value = valueAt(btf, typeId, offset, held);
  return typeof value === "string" ? undefined : value;
}

/**
 * Reads a value of a type from the context. The bits above an integer's own width, in its register
 * or word, do not belong to it.
 */
function valueAt(btf: Btf, typeId: number, offset: number, held: "registers" | "words"): Term | string {
  const { type } = resolve(btf, typeId);
  if (type.kind === "pointer") {
    if (held === "words") return pointerWord(btf, typeId, type.to, offset);
    return scalarTerm(pointerTo(btf, typeId, false), { op: "context", offset, bytes: 8, signed: false });
  }
  const value = integerOf(btf, typeId);
  if (value === undefined) return `it is passed as "${spell(btf, typeId)}"`;
  return scalarTerm(value.type, { op: "context", offset, bytes: value.bytes, signed: value.signed });
}

/**
 * Reads a pointer. The verifier gives programs pointers to structs. It refuses some other pointers,
 * depending on the kernel (`btf_ctx_access` in kernel/bpf/btf.c), for example "const void *" up to
 * 6.15. So those are read like any memory of the kernel, from the address of the context.
 */
export function pointerWord(btf: Btf, pointerId: number, targetId: number, offset: number): Term {
  if (resolve(btf, targetId).type.kind === "struct") {
    return scalarTerm(pointerTo(btf, pointerId, true), { op: "context", offset, bytes: 8, signed: false });
  }
  const scalar: Scalar = {
    op: "load",
    base: { op: "context-address", offset },
    offset: 0,
    bytes: 8,
    signed: false,
    how: "kernel",
  };
  return scalarTerm(pointerTo(btf, pointerId, false), scalar);
}
