/** A text that a user wrote, and the name under which messages show it. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/**
 * A piece of a source, as UTF-16 offsets into `source.text`; `end` is exclusive. Line and column
 * are computed only when needed (see `position.ts`), so that a node stores two numbers.
 */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}
