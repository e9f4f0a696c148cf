import type { HistoryBatch } from "./history-change.ts";

/** A stored document. */
export interface StoredDocument {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  readonly json: string;
}

export interface DocumentChange {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  /** absent if it is removed */
  readonly json?: string;
  /** the reason for moving the stored document aside first */
  readonly aside?: string;
}

/** A stored message (letter), without its content. */
export interface LetterRow {
  readonly id: string;
  /** the order of arrival */
  readonly sequence: number;
  readonly action: string;
  readonly rule: string;
  readonly lane?: string;
  /** a higher level is more severe */
  readonly level: number;
  /** the number of alerts or records */
  readonly items: number;
  readonly sinceUnixMs: number;
  /** the size of the content */
  readonly bytes: number;
  /** present if the message was given up */
  readonly failed?: LetterFailure;
}

export interface WholeLetter {
  readonly row: LetterRow;
  readonly content: string;
}

export interface LetterFailure {
  readonly unixMs: number;
  readonly error: string;
}

/** A change of one letter. Without any of the three, the letter is removed. */
export interface LetterChange {
  readonly id: string;
  readonly put?: WholeLetter;
  readonly failed?: LetterFailure;
}

/** Changes that are written together or not at all. */
export interface Batch {
  /** remove all stored documents first */
  readonly clear: boolean;
  readonly documents: readonly DocumentChange[];
  readonly letters: readonly LetterChange[];
  readonly history?: HistoryBatch;
}

/** Letters that were not read because there are too many. */
export interface UnreadLetters {
  readonly action: string;
  readonly level: number;
  readonly letters: number;
  readonly items: number;
}
