import type { ElfImage } from "../elf/elf-image.ts";
import { bareName, entriesOf, entryAt, writtenNameAt } from "../elf/symbol-table.ts";
import { LIMITS } from "../limits.ts";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/**
 * The functions of an executable or library, sorted by address. The file stays open: its names are
 * read when they are asked for.
 */
export interface FileSymbols {
  /** the function at an address of the file itself (a virtual address before it is loaded) */
  find(address: number): SymbolAt | undefined;
  /** the file's address of a byte of the file; undefined if that byte is not loaded */
  addressOf(fileOffset: number): number | undefined;
  /** bytes of memory of the index */
  readonly bytes: number;
}

/** A function without a size in the table extends to the next one, but at most this far. */
const LONGEST_FUNCTION = 1024 * 1024;

const INDEX_BYTES = 12;

/** Indexes the functions of a file. Throws BeyondLimit. */
export function fileSymbols({ segments, symbolTables }: ElfImage): FileSymbols {
  const { starts, places } = indexOf(symbolTables);
  return {
    bytes: INDEX_BYTES * starts.length,
    addressOf(fileOffset) {
      const segment = segments.find((each) => {
        return fileOffset >= each.fileOffset && fileOffset < each.fileOffset + each.fileBytes;
      });
      return segment && fileOffset - segment.fileOffset + segment.virtualAddress;
    },
    find(address) {
      const at = greatestUpTo(starts, address);
      const place = places[at] ?? 0;
      const table = symbolTables[place % TABLES];
      const entry = at < 0 || table === undefined ? undefined : entryAt(table, Math.floor(place / TABLES));
      const offset = address - (starts[at] ?? NaN);
      if (table === undefined || entry === undefined || !(offset < (entry.bytes || LONGEST_FUNCTION))) return undefined;
      return { name: bareName(writtenNameAt(table, entry.nameAt)).toString(), offset };
    },
  };
}

const TABLES = LIMITS.elf.symbolTables;

interface Index {
  readonly starts: Float64Array;
  /** for each start: the index of its symbol in its table, and the table, in one number */
  readonly places: Uint32Array;
}

/**
 * Builds the index. Programs have 100,000 functions: arrays of numbers take a tenth of the memory
 * of objects.
 */
function indexOf(tables: ElfImage["symbolTables"]): Index {
  const values = new Float64Array(countOf(tables));
  const all = new Uint32Array(values.length);
  let count = 0;
  for (const [number, table] of tables.entries()) {
    for (const { index, value } of entriesOf(table, "functions")) {
      if (count === values.length) break;
      values[count] = value;
      all[count++] = index * TABLES + number;
    }
  }
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  return {
    starts: Float64Array.from(order, (symbol) => values[symbol] ?? 0),
    places: Uint32Array.from(order, (symbol) => all[symbol] ?? 0),
  };
}

/** Returns how many functions are indexed. */
function countOf(tables: ElfImage["symbolTables"]): number {
  let count = 0;
  for (const table of tables) {
    for (const _ of entriesOf(table, "functions")) if (++count === LIMITS.indexedFunctions) return count;
  }
  return count;
}
