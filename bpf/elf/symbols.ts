import { StringTable } from "./elf-file.ts";

const GLOBAL = 1 << 4;
const TYPES = { object: 1, function: 2 } as const;
const SYMBOL_BYTES = 24;

export interface ElfSymbolEntry {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  /** index of the section that holds the symbol */
  readonly section: number;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Returns `.symtab` and `.strtab` of global symbols. They get the indexes 1, 2, ... in their order.
 */
export function symbolTable(symbols: readonly ElfSymbolEntry[]): { symbols: Uint8Array; strings: Uint8Array } {
  const strings = new StringTable();
  const table = new Uint8Array(SYMBOL_BYTES * (symbols.length + 1));
  const view = new DataView(table.buffer);
  symbols.forEach((symbol, index) => {
    const at = SYMBOL_BYTES * (index + 1);
    view.setUint32(at, strings.add(symbol.name), true);
    view.setUint8(at + 4, GLOBAL | TYPES[symbol.type]);
    view.setUint16(at + 6, symbol.section, true);
    view.setBigUint64(at + 8, BigInt(symbol.offset), true);
    view.setBigUint64(at + 16, BigInt(symbol.bytes), true);
  });
  return { symbols: table, strings: strings.bytes() };
}

export const SYMBOL_ENTRY_BYTES = SYMBOL_BYTES;
