/** A place where the lines of a file differ from what was sealed. */
export type Difference =
  | { readonly kind: "changed"; readonly line: number; readonly record: number; readonly count: number }
  /** `line` is the line before which they stood */
  | { readonly kind: "missing"; readonly line: number; readonly record: number; readonly count: number }
  | { readonly kind: "added"; readonly line: number; readonly count: number };

/** Hashes one after the other, in sets. */
export type Hashes = AsyncIterable<readonly Buffer[]>;

export interface Comparison {
  readonly differences: readonly Difference[];
  /** the number of lines that are as they were sealed */
  readonly equal: number;
  /** the number of lines that were compared */
  readonly lines: number;
}

/** The number of lines and records in which the next agreement is looked for. */
const LOOK_AHEAD = 4096;
/** Beyond so many differences a file is another file. */
const MOST_DIFFERENCES = 1000;

/**
 * Compares the lines of a file with the records that were sealed for it.
 *
 * @param lines the hashes of the file's lines
 * @param sealed the hashes of the records
 * @param firstRecord the number of the first of them
 */
export async function compareLines(lines: Hashes, sealed: Hashes, firstRecord: number): Promise<Comparison> {
  const [file, log] = [new Ahead(lines), new Ahead(sealed)];
  const differences: Difference[] = [];
  let equal = 0;
  while (differences.length < MOST_DIFFERENCES) {
    const [own, expected] = [file.next ?? (await file.peek()), log.next ?? (await log.peek())];
    if (own === undefined && expected === undefined) break;
    if (own !== undefined && expected !== undefined && own.equals(expected)) {
      equal++;
      file.skip(1);
      log.skip(1);
      continue;
    }
    const { inFile, inLog } = await nextAgreement(file, log);
    differences.push(...differencesOf(file.taken + 1, firstRecord + log.taken, inFile, inLog));
    file.skip(inFile);
    log.skip(inLog);
  }
  return { differences, equal, lines: file.taken };
}

/** Describes lines and records in one place that do not agree. */
function differencesOf(line: number, record: number, inFile: number, inLog: number): readonly Difference[] {
  const changed = Math.min(inFile, inLog);
  return [
    ...(changed > 0 ? [{ kind: "changed", line, record, count: changed } as const] : []),
    ...(inLog > changed
      ? [{ kind: "missing", line: line + changed, record: record + changed, count: inLog - changed } as const]
      : []),
    ...(inFile > changed ? [{ kind: "added", line: line + changed, count: inFile - changed } as const] : []),
  ];
}

/**
 * Returns how many lines and records must be left out until both agree again, the fewest of both
 * together.
 */
async function nextAgreement(file: Ahead, log: Ahead): Promise<{ readonly inFile: number; readonly inLog: number }> {
  const own = await file.ahead(LOOK_AHEAD);
  const expected = await log.ahead(LOOK_AHEAD);
  const placeInLog = new Map<string, number>();
  for (const [place, hash] of expected.entries()) {
    const key = hash.toString("latin1");
    if (!placeInLog.has(key)) placeInLog.set(key, place);
  }
  let best = { inFile: own.length, inLog: expected.length };
  for (const [inFile, hash] of own.entries()) {
    if (inFile >= best.inFile + best.inLog) break;
    const inLog = placeInLog.get(hash.toString("latin1"));
    if (inLog !== undefined && inFile + inLog < best.inFile + best.inLog) best = { inFile, inLog };
  }
  return best;
}

/** Hashes that can be looked at before they are taken. */
class Ahead {
  readonly #source: AsyncIterator<readonly Buffer[]>;
  #waiting: Buffer[] = [];
  #from = 0;
  #isAtEnd = false;
  /** the number that was taken */
  taken = 0;

  constructor(source: Hashes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** the next hash, if it was read already */
  get next(): Buffer | undefined {
    return this.#waiting[this.#from];
  }

  async peek(): Promise<Buffer | undefined> {
    await this.#fill(1);
    return this.next;
  }

  /** Returns the next `count` hashes, fewer at the end. */
  async ahead(count: number): Promise<readonly Buffer[]> {
    await this.#fill(count);
    return this.#waiting.slice(this.#from, this.#from + count);
  }

  skip(count: number): void {
    this.#from += count;
    this.taken += count;
  }

  async #fill(count: number): Promise<void> {
    if (this.#from > LOOK_AHEAD) {
      this.#waiting = this.#waiting.slice(this.#from);
      this.#from = 0;
    }
    while (!this.#isAtEnd && this.#waiting.length - this.#from < count) {
      const next = await this.#source.next();
      if (next.done === true) this.#isAtEnd = true;
      else for (const hash of next.value) this.#waiting.push(hash);
    }
  }
}
