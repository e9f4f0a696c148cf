import type { ElfSymbol, Kernel } from "../../kernel/kernel.ts";
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
      const [path, place] = [rest.slice(0, colon), rest.slice(colon + 1)];
      const [, symbol = place, text = "0"] = /^(.+)\+(0x[\da-f]+|\d+)$/i.exec(place) ?? [];
      const offset = Number(text);
      if (colon < 1 || symbol === "") return badSpelling(kind, spelled);
      const file = kernel.elf(path);
      if (typeof file === "string")
        return fault("unknown-probe", `"${path}" cannot be read: ${file}`, helpForFile(path));
      const at = file.symbol(symbol);
      if (at === undefined) {
        return fault("unknown-probe", `"${path}" has no function "${symbol}"`, didYouMean(symbol, file.symbolNames()));
      }
      const wrong = offset === 0 ? undefined : offsetFault(at, offset, returns, kernel);
      if (wrong !== undefined) return fault("bad-probe", wrong, `write "${name}:${path}:${symbol}"`);
      const build = offset === 0 || file.buildId === undefined ? {} : { buildId: file.buildId };
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
      return found({ spelled, attach, context: registersOf(kernel, returns, offset) });
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

/** Only libraries are looked for by name: which program one means depends on whose PATH it is. */
function helpForFile(path: string): string | undefined {
  return path.includes("/") || path.startsWith("lib") ? undefined : `write the path of a program: /usr/bin/${path}`;
}

/** The kernel puts a breakpoint wherever it is told to: in the middle of an instruction the program would crash. */
function offsetFault(
  symbol: ElfSymbol,
  offset: number,
  returns: boolean,
  { architecture }: Kernel,
): string | undefined {
  const { bytes = 0, name } = symbol;
  if (returns) return `expected a function that returns, found an offset within "${name}"`;
  if (bytes > 0 && offset >= bytes) return `expected an offset within the ${bytes} bytes of "${name}", found ${offset}`;
  if (architecture === "aarch64" && offset % 4 !== 0)
    return `expected the start of an instruction, found an offset of ${offset}`;
  return undefined;
}

/** ELF files do not say what types a function takes: registers are signed 64-bit integers, and pointers into user memory where used so. */
function registersOf(kernel: Kernel, returns: boolean, offset: number): ProbeContext {
  const registers = CALL_REGISTERS[kernel.architecture];
  const load = (at: number): Term => scalarTerm(S64, { op: "context", offset: at, bytes: 8, signed: true });
  const common = { fields: new Map<string, Term>(), integerSpace: "user" } as const;
  // Within a function its arguments may be anywhere by then.
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
