/** Where whole lines go: a file, or standard output. One write at a time. */
export interface LineSink {
  /**
   * Writes lines, each with its line break. All or none, as far as the place can take back: where it rejects, the same bytes can be written
   * again. Rejects with Node's error.
   */
  write(lines: Buffer): Promise<void>;
  /** Lets go of what is open; the next write opens it again. */
  release(): Promise<void>;
  /** whether nothing can ever be written there again */
  readonly isClosed?: boolean;
}

/** How large a log may become. */
export interface LogLimits {
  /** a file that would become larger is rotated; Infinity never */
  readonly maxBytes: number;
  /** rotated files that are kept, as PATH.1 (the newest) to PATH.N */
  readonly keep: number;
}
