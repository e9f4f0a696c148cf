import type { AggregateWindow } from "./aggregate-window.ts";

/** What one key counted within the window. */
export interface KeyWindow {
  readonly aggregates: readonly AggregateWindow[];
  /** in how many steps of the window this key has rows */
  rows: number;
  /** the newest step in which it has, and its row there */
  newestStep: number;
  newestRow: number;
  /** true if what it counted has changed since it was judged last */
  isChanged: boolean;
}
