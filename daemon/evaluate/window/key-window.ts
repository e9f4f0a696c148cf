import type { AggregateWindow } from "./aggregate-window.ts";

/** The counts of one key within the window. */
export interface KeyWindow {
  readonly aggregates: readonly AggregateWindow[];
  /** the number of steps of the window in which this key has rows */
  rows: number;
  /** the newest step in which it has a row, and that row */
  newestStep: number;
  newestRow: number;
  /** true if its counts have changed since it was judged last */
  isChanged: boolean;
}
