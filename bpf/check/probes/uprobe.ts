import type { Kernel } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { S64, scalarTerm, type Term } from "../term.ts";
import { CALL_REGISTERS } from "./call-registers.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, found, type ProbeContext, type ProbeKind } from "./probe-kind.ts";

function userFunction(name: "uprobe" | "uretprobe", doc: string): ProbeKind {
  const returns = name === "uretprobe";
  const kind: ProbeKind = {
    name,
    syntax: `${name}:PATH:SYMBOL`,
    doc,
    resolve(spelled, rest, kernel) {
      const colon = rest.lastIndexOf(":");
      const [path, symbol] = [rest.slice(0, colon), rest.slice(colon + 1)];
      if (colon < 1 || symbol === "") return badSpelling(kind, spelled);
      const file = kernel.elf(path);
      if (typeof file === "string") return fault("unknown-probe", `"${path}" cannot be read: ${file}`);
      const at = file.symbol(symbol);
      if (at === undefined) {
        return fault("unknown-probe", `"${path}" has no function "${symbol}"`, didYouMean(symbol, file.symbolNames()));
      }
      const { path: resolved } = file;
      const place = { path: resolved, symbol, offset: 0, fileOffset: at.fileOffset };
      const attach = { kind: "uprobe", target: path, ...place, returns } as const;
      return found({ spelled, attach, context: registersOf(kernel, returns) });
    },
    list(rest, kernel) {
      const colon = rest.lastIndexOf(":");
      if (colon < 1) return [];
      const path = rest.slice(0, colon);
      const file = kernel.elf(path);
      if (typeof file === "string") return `"${path}" cannot be read: ${file}`;
      const names = [...file.symbolNames()].filter(namePattern(rest.slice(colon + 1)));
      return names.toSorted().map((symbol) => `${path}:${symbol}`);
    },
  };
  return kind;
}

/** ELF files do not say what types a function takes: registers are signed 64-bit integers, and pointers into user memory where used so. */
function registersOf(kernel: Kernel, returns: boolean): ProbeContext {
  const registers = CALL_REGISTERS[kernel.architecture];
  const load = (offset: number): Term => scalarTerm(S64, { op: "context", offset, bytes: 8, signed: true });
  const common = { fields: new Map<string, Term>(), integerSpace: "user" } as const;
  return returns
    ? { ...common, positional: [], returned: load(registers.result) }
    : { ...common, positional: registers.arguments.map(load) };
}

export const UPROBE = userFunction(
  "uprobe",
  "The entry of a function of an executable or library, with `arg0` to `arg5` as 64-bit integers.",
);
export const URETPROBE = userFunction(
  "uretprobe",
  "The return of a function of an executable or library, with `retval` as a 64-bit integer.",
);
