import type { EventRecord, EventValue } from "../../sample/sample.ts";

/** The most characters in the texts of the records that are kept for one message. */
const MAX_CHARACTERS = 256 * 1024;
/** The size of a field without its text. */
const FIELD_CHARACTERS = 16;

/** The latest of many records in memory of a limited size, and how many there were. */
export class LatestRecords {
  #records: EventRecord[] = [];
  #characters = 0;
  #count = 0;

  /** the number of all records, also of those that are not kept */
  get count(): number {
    return this.#count;
  }

  /** @param max the most records that are kept; the latest one is always kept, whatever its size */
  add(records: readonly EventRecord[], max: number): void {
    this.#count += records.length;
    for (const record of records.slice(-max)) {
      this.#records.push(record);
      this.#characters += charactersOf(record);
    }
    let first = 0;
    for (; this.#records.length - first > 1 && this.#isOver(first, max); first++)
      this.#characters -= charactersOf(this.#records[first]);
    if (first > 0) this.#records = this.#records.slice(first);
  }

  /**
   * Returns the kept records, the oldest first, and the number of those that are left out. After
   * that it is empty.
   */
  take(): { readonly events: readonly EventRecord[]; readonly omitted: number } {
    const taken = { events: this.#records, omitted: this.#count - this.#records.length };
    this.#records = [];
    this.#characters = 0;
    this.#count = 0;
    return taken;
  }

  #isOver(first: number, max: number): boolean {
    return this.#records.length - first > max || this.#characters > MAX_CHARACTERS;
  }
}

function charactersOf(record: EventRecord | undefined): number {
  if (record === undefined) return 0;
  return Object.entries(record.fields).reduce((sum, [name, value]) => sum + name.length + charactersIn(value), 0);
}

function charactersIn(value: EventValue): number {
  if (typeof value === "string") return FIELD_CHARACTERS + value.length;
  if (typeof value !== "object" || value === null) return FIELD_CHARACTERS;
  return value.reduce((sum, frame) => sum + FIELD_CHARACTERS + frame.length, 0);
}
