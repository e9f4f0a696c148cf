import type { Btf } from "../../kernel/kernel.ts";
import type { BtfParameter } from "../../kernel/btf-type.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { resolve as resolveType } from "../../kernel/btf/resolve.ts";
import { spell } from "../../kernel/btf/spell.ts";
import { integerOf } from "../btf-value.ts";
import { scalarTerm, type Term } from "../term.ts";
import { argumentName, pointerWord } from "./function-arguments.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, found, type ProbeContext, type ProbeKind } from "./probe-kind.ts";

const TYPEDEF_PREFIX = "btf_trace_";

/**
 * The same points as `tracepoint`, before the kernel makes a record of them: arguments typed by
 * BTF, read without a copy.
 */
export const RAWTRACEPOINT: ProbeKind = {
  name: "rawtracepoint",
  syntax: "rawtracepoint:NAME",
  doc: "A static instrumentation point of the kernel with the arguments of its call site as `args.NAME`, typed by BTF.",
  resolve(spelled, rest, kernel) {
    if (!/^\w+$/.test(rest)) return badSpelling(RAWTRACEPOINT, spelled);
    const btfId = kernel.btf.find("typedef", TYPEDEF_PREFIX + rest);
    const parameters = btfId === undefined ? undefined : parametersOf(kernel.btf, btfId);
    if (btfId === undefined || parameters === undefined) {
      const near = didYouMean(rest, rawTracepointNames(kernel.btf))?.replace('"', '"rawtracepoint:');
      return fault("unknown-probe", `this kernel has no raw tracepoint "${rest}"`, near);
    }
    return found({
      spelled,
      attach: { kind: "rawtracepoint", name: rest, btfId },
      context: contextOf(kernel.btf, rest, parameters),
    });
  },
  list: (rest, { btf }) => rawTracepointNames(btf).filter(namePattern(rest)).toSorted(),
};

/**
 * Returns the parameters of the prototype that the typedef points to, without the first one: `void
 * *__data` belongs to the kernel.
 */
function parametersOf(btf: Btf, typedefId: number): readonly BtfParameter[] | undefined {
  const pointer = resolveType(btf, typedefId).type;
  return pointer.kind === "pointer" ? prototypeOf(btf, pointer.to)?.slice(1) : undefined;
}

function prototypeOf(btf: Btf, id: number): readonly BtfParameter[] | undefined {
  const { type } = resolveType(btf, id);
  return type.kind === "prototype" ? type.parameters : undefined;
}

/**
 * Returns the names of the parameters. A function pointer's type has none, but the function that
 * calls a tracepoint's probes has them (include/linux/tracepoint.h).
 */
function parameterNames(btf: Btf, tracepoint: string): readonly string[] {
  const id = btf.find("function", `__traceiter_${tracepoint}`);
  const iterator = id === undefined ? undefined : btf.type(id);
  const parameters = iterator?.kind === "function" ? prototypeOf(btf, iterator.prototype) : undefined;
  return (parameters ?? []).slice(1).map(({ name }) => name);
}

function contextOf(btf: Btf, tracepoint: string, parameters: readonly BtfParameter[]): ProbeContext {
  const names = parameterNames(btf, tracepoint);
  const positional = parameters.map((parameter, index) => argument(btf, parameter.type, index * 8));
  const named = positional.map((term, index): [string, Term | string] => [argumentName(names[index] ?? ""), term]);
  // the arguments of a system call are in registers of the process
  const atCall = tracepoint === "sys_enter" || tracepoint === "sys_exit";
  const fields = new Map(named.filter(([name]) => name !== ""));
  return { fields, positional, integerSpace: "unknown", ...(atCall && { castSpace: "user" }) };
}

/**
 * Reads an argument. Each takes 8 bytes. An integer is loaded by its own width. A pointer to a
 * struct can be followed without a helper.
 */
function argument(btf: Btf, typeId: number, offset: number): Term | string {
  const { type } = resolveType(btf, typeId);
  if (type.kind === "pointer") return pointerWord(btf, typeId, type.to, offset);
  const value = integerOf(btf, typeId);
  if (value === undefined) return `it is passed as "${spell(btf, typeId)}"`;
  return scalarTerm(value.type, { op: "context", offset, bytes: value.bytes, signed: value.signed });
}

export function rawTracepointNames(btf: Btf): string[] {
  const names = [];
  for (const name of btf.names("typedef")) {
    if (name.startsWith(TYPEDEF_PREFIX)) names.push(name.slice(TYPEDEF_PREFIX.length));
  }
  return names;
}
