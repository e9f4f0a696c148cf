import type { KeyLayout, PlacedColumn, RecordLayout } from "../../bpf/compile/object-spec.ts";
import type { DrainedRow } from "../../bpf/load/loaded-object.ts";
import { readColumn } from "./decode-column.ts";
import type { StackNames } from "./stack-names.ts";

/** The most rows that wait at once; further rows are shown with the names that are known. */
const MOST_ROWS = 1000;
/** The most records that wait at once. */
const MOST_RECORDS = 1000;

/**
 * Delays rows and records with a stack until its functions are known, or until a time limit. The
 * names come from the memory of other processes, which is never waited for.
 */
export class AwaitedNames {
  readonly #stacks: StackNames;
  readonly #keyColumns: readonly PlacedColumn[];
  readonly #recordColumns: readonly PlacedColumn[];
  #rows: readonly DrainedRow[] = [];
  readonly #records: Uint8Array[] = [];

  constructor(stacks: StackNames, key: KeyLayout | undefined, record: RecordLayout | undefined) {
    this.#stacks = stacks;
    this.#keyColumns = (key?.columns ?? []).filter(isStack);
    this.#recordColumns = (record?.columns ?? []).filter(isStack);
  }

  /** Returns the rows that can be shown, those that waited first. */
  rows(drained: readonly DrainedRow[]): readonly DrainedRow[] {
    if (this.#keyColumns.length === 0) return drained;
    const all = [...this.#rows, ...drained];
    const { named = [], unnamed = [] } = Object.groupBy(all, ({ key }) =>
      this.#isNamed(this.#keyColumns, key) ? "named" : "unnamed",
    );
    this.#rows = unnamed.slice(-MOST_ROWS);
    return [...unnamed.slice(0, -MOST_ROWS), ...named];
  }

  get showsStacks(): boolean {
    return this.#keyColumns.length > 0 || this.holdsRecords;
  }

  /** records may have to wait */
  get holdsRecords(): boolean {
    return this.#recordColumns.length > 0;
  }

  /** Takes a record, which is copied. */
  addRecord(bytes: Uint8Array): void {
    this.#isNamed(this.#recordColumns, bytes);
    this.#records.push(bytes.slice());
  }

  /**
   * Takes at most `max` records that can be shown, in their order. The last ones are taken as they
   * are.
   */
  takeRecords(max: number, areLast: boolean): readonly Uint8Array[] {
    let count = 0;
    while (count < Math.min(max, this.#records.length)) {
      const record = this.#records[count];
      const mustGo = areLast || this.#records.length - count > MOST_RECORDS;
      if (record === undefined || (!mustGo && !this.#isNamed(this.#recordColumns, record))) break;
      count++;
    }
    return this.#records.splice(0, count);
  }

  /** the number of waiting records */
  get waiting(): number {
    return this.#records.length;
  }

  /** Resolves when no names are being looked up. */
  async settled(): Promise<void> {
    await this.#stacks.settled();
  }

  #isNamed(columns: readonly PlacedColumn[], bytes: Uint8Array): boolean {
    // Asks for every column, so that all lookups start.
    return columns.map((column) => isNamedIn(this.#stacks, column, bytes)).every(Boolean);
  }
}

const isStack = ({ column }: PlacedColumn): boolean => column.type.kind === "stack";

function isNamedIn(stacks: StackNames, placed: PlacedColumn, bytes: Uint8Array): boolean {
  if (placed.offset + placed.bytes > bytes.length) return true;
  const id = readColumn(placed, bytes);
  return typeof id !== "bigint" || stacks.isNamed(id);
}
