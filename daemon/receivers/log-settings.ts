import type { Secret } from "../settings/values/secret.ts";

/** A log that the daemon keeps open for an action. */
export interface LogSettings {
  /** "-" is standard output */
  readonly path: string;
  /** a file that would become larger is rotated; Infinity never */
  readonly maxBytes: number;
  /** rotated files that are kept */
  readonly keep: number;
  /** present if its lines are sealed */
  readonly seal?: SealSettings;
}

/** The settings of a sealed log. */
export interface SealSettings {
  /** the private key; one in the state folder if not given */
  readonly key?: Secret;
}
