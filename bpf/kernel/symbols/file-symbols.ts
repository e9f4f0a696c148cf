import { functionsOf, nameAt } from "../elf/function-symbols.ts";
import type { ElfImage, SymbolTable } from "../elf/elf-image.ts";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** The functions of an executable or library, sorted by address. */
export interface FileSymbols {
  /** the function at an address of the file's own (a virtual address before it is loaded anywhere) */
  find(address: number): SymbolAt | undefined;
  /** the file's address of a byte of the file; undefined where that is not loaded */
  addressOf(fileOffset: number): number | undefined;
  /** memory that the index and the names take */
  readonly bytes: number;
}

/** What is behind a function whose size the table does not say belongs to it up to the next one, but no more than this. */
const LONGEST_FUNCTION = 1024 * 1024;

const INDEX_BYTES = 12;

export function fileSymbols({ segments, symbolTables }: ElfImage): FileSymbols {
  const { starts, places } = indexOf(symbolTables);
  const tableBytes = symbolTables.reduce((sum, { symbols, strings }) => sum + symbols.length + strings.length, 0);
  return {
    bytes: tableBytes + INDEX_BYTES * starts.length,
    addressOf(fileOffset) {
      const segment = segments.find((each) => {
        return fileOffset >= each.fileOffset && fileOffset < each.fileOffset + each.fileBytes;
      });
      return segment && fileOffset - segment.fileOffset + segment.virtualAddress;
    },
    find(address) {
      const index = greatestUpTo(starts, address);
      const place = placeOf(symbolTables, places[index] ?? 0);
      const offset = address - (starts[index] ?? NaN);
      if (place === undefined || !(offset < (wordAt(place.table, place.at + SIZE) || LONGEST_FUNCTION)))
        return undefined;
      return { name: nameAt(place.table, place.at), offset };
    },
  };
}

/** Offsets in `Elf64_Sym` */
const VALUE = 8;
const SIZE = 16;

interface Index {
  readonly starts: Float64Array;
  /** of each start: where its symbol stands, counted through all tables */
  readonly places: Uint32Array;
}

/** Programs have 100,000 functions: arrays of numbers take a tenth of what as many objects would. */
function indexOf(tables: readonly SymbolTable[]): Index {
  const places: number[] = [];
  const values: number[] = [];
  let before = 0;
  for (const table of tables) {
    for (const at of functionsOf(table)) {
      places.push(before + at);
      values.push(wordAt(table, at + VALUE));
    }
    before += table.symbols.length;
  }
  const order = Uint32Array.from(values.keys()).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  return {
    starts: Float64Array.from(order, (symbol) => values[symbol] ?? 0),
    places: Uint32Array.from(order, (symbol) => places[symbol] ?? 0),
  };
}

function placeOf(tables: readonly SymbolTable[], place: number): { table: SymbolTable; at: number } | undefined {
  let before = 0;
  for (const table of tables) {
    if (place < before + table.symbols.length) return { table, at: place - before };
    before += table.symbols.length;
  }
  return undefined;
}

/** A 64-bit number, without the detour by a bigint; addresses of user space fit a double. */
const wordAt = ({ symbols }: SymbolTable, at: number): number =>
  symbols.readUInt32LE(at) + symbols.readUInt32LE(at + 4) * 2 ** 32;
