/** A document as it is stored. */
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
  /** absent where it is removed */
  readonly json?: string;
  /** Before that, what is stored is set aside for this reason. */
  readonly aside?: string;
}

/** A delivery as it is stored, without its content. */
export interface LetterRow {
  readonly id: string;
  /** the order in which they came */
  readonly sequence: number;
  readonly action: string;
  readonly rule: string;
  readonly lane?: string;
  /** the higher the more severe */
  readonly level: number;
  /** alerts or records */
  readonly items: number;
  readonly sinceUnixMs: number;
  /** of its content */
  readonly bytes: number;
  /** of one that was given up */
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

/** What happens to one letter; without any of the three it is removed. */
export interface LetterChange {
  readonly id: string;
  readonly put?: WholeLetter;
  readonly failed?: LetterFailure;
}

/** What is written at once, or not at all. */
export interface Batch {
  /** whether all documents that are stored go first */
  readonly clear: boolean;
  readonly documents: readonly DocumentChange[];
  readonly letters: readonly LetterChange[];
}

/** Letters that were not even looked at, since there are too many. */
export interface UnreadLetters {
  readonly action: string;
  readonly level: number;
  readonly letters: number;
  readonly items: number;
}
