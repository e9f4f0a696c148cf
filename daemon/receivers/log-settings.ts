/** A log that the daemon keeps open for an action. */
export interface LogSettings {
  /** "-" is standard output */
  readonly path: string;
  /** a file that would become larger is rotated; Infinity never */
  readonly maxBytes: number;
  /** rotated files that are kept */
  readonly keep: number;
}
