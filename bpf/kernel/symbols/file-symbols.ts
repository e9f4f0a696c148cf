import type { ElfImage } from "../elf/elf-image.ts";
import { bareName, entriesOf, entryAt, writtenNameAt } from "../elf/symbol-table.ts";
import { LIMITS } from "../limits.ts";
import { greatestUpTo } from "./greatest-up-to.ts";
import type { SymbolAt } from "./symbols.ts";

/** The functions of an executable or library, sorted by address. The file stays open: its names are read as they are asked for. */
export interface FileSymbols {
  /** the function at an address of the file's own (a virtual address before it is loaded anywhere) */
  find(address: number): SymbolAt | undefined;
  /** the file's address of a byte of the file; undefined where that is not loaded */
  addressOf(fileOffset: number): number | undefined;
  /** memory that the index takes */
  readonly bytes: number;
}

/** What is behind a function whose size the table does not say belongs to it up to the next one, but no more than this. */
const LONGEST_FUNCTION = 1024 * 1024;

const INDEX_BYTES = 12;

/** Throws BeyondLimit. */
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
  /** of each start: the index of its symbol in its table, and the table, in one number */
  readonly places: Uint32Array;
}

/** Programs have 100,000 functions: arrays of numbers take a tenth of what as many objects would. */
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

/** How many functions there are, as far as they are indexed. */
function countOf(tables: ElfImage["symbolTables"]): number {
  let count = 0;
  for (const table of tables) {
    for (const _ of entriesOf(table, "functions")) if (++count === LIMITS.indexedFunctions) return count;
  }
  return count;
}
