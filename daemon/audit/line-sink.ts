/** A destination for whole lines: a file or standard output. One write at a time. */
export interface LineSink {
  /**
   * Writes lines, each with its line break: all or none, as far as the destination can undo a
   * write. After a rejection, the same bytes can be written again. Rejects with Node's error.
   */
  write(lines: Buffer): Promise<void>;
  /** Closes the open file; the next write opens it again. */
  release(): Promise<void>;
  /** true if nothing can be written there any more */
  readonly isClosed?: boolean;
}

/** The limits of a log's size. */
export interface LogLimits {
  /** the size at which a file is rotated; Infinity for never */
  readonly maxBytes: number;
  /** the number of rotated files to keep, as PATH.1 (the newest) to PATH.N */
  readonly keep: number;
}
