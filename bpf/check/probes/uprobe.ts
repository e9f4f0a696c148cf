import { addressOf, splitTarget } from "../../kernel/elf/function-name.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { S64, scalarTerm, type Term } from "../term.ts";
import { CALL_REGISTERS } from "./call-registers.ts";
import { indirectAmong, missingFunction, noneListed } from "./missing-function.ts";
import { namePattern } from "./name-pattern.ts";
import { placeFault } from "./place-fault.ts";
import { badSpelling, fault, found, type ProbeContext, type ProbeKind } from "./probe-kind.ts";

function userFunction(name: "uprobe" | "uretprobe", doc: string): ProbeKind {
  const returns = name === "uretprobe";
  const kind: ProbeKind = {
    name,
    syntax: `${name}:PATH:SYMBOL`,
    doc,
    resolve(spelled, rest, kernel) {
      const { path, place } = splitTarget(rest, (each) => typeof kernel.elf(each) === "object");
      const [, symbol = place, text = "0"] = /^(.+)\+(0x[\da-f]+|\d+)$/i.exec(place) ?? [];
      const offset = Number(text);
      if (path === "" || symbol === "") return badSpelling(kind, spelled);
      const file = kernel.elf(path);
      if (typeof file === "string")
        return fault("unknown-probe", `"${path}" cannot be read: ${file}`, helpForFile(path));
      const at = file.symbol(symbol);
      if (at === undefined) return fault("unknown-probe", ...missingFunction({ kind: name, path, symbol, file }));
      const wrong = placeFault({ kind: name, path, symbol, offset, at, file, kernel });
      if (wrong !== undefined) return fault("bad-probe", ...wrong);
      const isBound = offset !== 0 || addressOf(symbol) !== undefined;
      const build = isBound && file.buildId !== undefined ? { buildId: file.buildId } : {};
      const fileOffset = at.fileOffset + offset;
      const attach = {
        kind: "uprobe",
        target: path,
        path: file.path,
        symbol,
        offset,
        fileOffset,
        returns,
        ...build,
      } as const;
      return found({ spelled, attach, context: registersOf(kernel, returns, (at.within ?? 0) + offset) });
    },
    list(rest, kernel) {
      const colon = rest.lastIndexOf(":");
      if (colon < 1) return [];
      const path = rest.slice(0, colon);
      const file = kernel.elf(path);
      if (typeof file === "string") return `"${path}" cannot be read: ${file}`;
      const names = [...file.symbolNames()].filter(namePattern(rest.slice(colon + 1)));
      if (names.length === 0) return noneListed(path, rest.slice(colon + 1), file) ?? [];
      const same = file.sameNames?.() ?? new Map<string, readonly string[]>();
      return names.toSorted().flatMap((symbol) => (same.get(symbol) ?? [symbol]).map((each) => `${path}:${each}`));
    },
    leftOut(rest, kernel, isExcepted) {
      const colon = rest.lastIndexOf(":");
      const path = rest.slice(0, colon);
      const file = kernel.elf(path);
      if (typeof file === "string") return undefined;
      return indirectAmong({ kind: name, path, symbol: rest.slice(colon + 1), file }, (each) =>
        isExcepted(`${path}:${each}`),
      );
    },
  };
  return kind;
}

/**
 * Returns the help for a file that cannot be read. Only libraries are searched by name: for a
 * program it would depend on whose PATH is used.
 */
function helpForFile(path: string): string | undefined {
  return path.includes("/") || path.startsWith("lib") ? undefined : `write the path of a program: /usr/bin/${path}`;
}

/**
 * Returns the registers of a function. ELF files do not have the types of arguments: registers are
 * signed 64-bit integers, which a rule may use as pointers into user memory.
 */
function registersOf(kernel: Kernel, returns: boolean, offset: number): ProbeContext {
  const registers = CALL_REGISTERS[kernel.architecture];
  const load = (at: number): Term => scalarTerm(S64, { op: "context", offset: at, bytes: 8, signed: true });
  const common = { fields: new Map<string, Term>(), integerSpace: "user", untyped: true } as const;
  // Within a function its arguments may already be anywhere.
  if (offset !== 0) return { ...common, positional: [] };
  return returns
    ? { ...common, positional: [], returned: load(registers.result) }
    : { ...common, positional: registers.arguments.map(load) };
}

export const UPROBE = userFunction(
  "uprobe",
  "The entry of a function of an executable or library, with `arg0` to `arg5` as 64-bit integers; `SYMBOL+OFFSET` is an instruction within.",
);
export const URETPROBE = userFunction(
  "uretprobe",
  "The return of a function of an executable or library, with `retval` as a 64-bit integer.",
);
