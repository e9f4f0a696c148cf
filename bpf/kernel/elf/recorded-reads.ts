import type { FileBytes } from "./file-reader.ts";

/** The recorded ranges of a file. Their bytes follow each other in the record. */
export interface RecordedRanges {
  /** of the whole file */
  readonly fileBytes: number;
  readonly ranges: readonly (readonly [offset: number, bytes: number])[];
}

/** Ranges with a smaller distance are joined: a range costs about as much as these bytes. */
const NEAR_BYTES = 64;

/** A file that records which of its bytes are read. */
export class NotedReads implements FileBytes {
  readonly #file: FileBytes;
  readonly #ranges: (readonly [offset: number, bytes: number])[] = [];

  constructor(file: FileBytes) {
    this.#file = file;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  read(into: Buffer, offset: number): number {
    const bytes = this.#file.read(into, offset);
    if (bytes > 0) this.#ranges.push([offset, bytes]);
    return bytes;
  }

  /** Returns the ranges that were read, and their bytes. */
  record(): RecordedRanges & { readonly content: Buffer } {
    const ranges = joined(this.#ranges);
    const content = Buffer.concat(
      ranges.map(([offset, bytes]) => {
        const part = Buffer.alloc(bytes);
        return part.subarray(0, this.#file.read(part, offset));
      }),
    );
    return { fileBytes: this.bytes, ranges, content };
  }
}

function joined(ranges: RecordedRanges["ranges"]): RecordedRanges["ranges"] {
  const all: [offset: number, bytes: number][] = [];
  for (const [offset, bytes] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last === undefined || offset > last[0] + last[1] + NEAR_BYTES) all.push([offset, bytes]);
    else last[1] = Math.max(last[1], offset + bytes - last[0]);
  }
  return all;
}

/** Returns the file as it was recorded. Bytes that were not recorded are zeros. */
export function recordedFile({ fileBytes, ranges }: RecordedRanges, content: Buffer): FileBytes {
  const places: { readonly offset: number; readonly part: Buffer }[] = [];
  let at = 0;
  for (const [offset, bytes] of ranges) {
    places.push({ offset, part: content.subarray(at, at + bytes) });
    at += bytes;
  }
  return { bytes: fileBytes, read: (into, offset) => readPlaces(places, fileBytes, into, offset) };
}

function readPlaces(
  places: readonly { readonly offset: number; readonly part: Buffer }[],
  fileBytes: number,
  into: Buffer,
  start: number,
): number {
  const end = Math.min(start + into.length, fileBytes);
  into.fill(0, 0, Math.max(0, end - start));
  for (const { offset, part } of places) {
    const from = Math.max(start, offset);
    const to = Math.min(end, offset + part.length);
    if (from < to) part.copy(into, from - start, from - offset, to - offset);
  }
  return Math.max(0, end - start);
}
