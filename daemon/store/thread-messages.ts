import type { Batch } from "./batch.ts";
import type { HistoryQuestion } from "./history-answers.ts";
import type { KeptState, MovedAside, StateDatabaseOptions } from "./state-database.ts";

/** The arguments of the thread. */
export type ThreadOptions = StateDatabaseOptions;

/** A request to the thread that owns the database. */
export type Request =
  | { readonly kind: "write"; readonly batch: Batch; readonly unixMs: number }
  /** Checks that the files are still the same, and opens them if they are closed. */
  | { readonly kind: "look"; readonly unixMs: number }
  | { readonly kind: "content"; readonly id: string; readonly number: number }
  | { readonly kind: "history"; readonly question: HistoryQuestion; readonly number: number; readonly unixMs: number }
  /** Closes the database and ends the thread. */
  | { readonly kind: "close" };

/**
 * The database is open: for the first time in this thread, or again. A reopened file can have any
 * content.
 */
export interface Opened {
  readonly kind: "opened" | "reopened";
  readonly kept: KeptState;
  /** the files were deleted or replaced */
  readonly isReplaced: boolean;
  readonly moved?: MovedAside;
}

/** An answer of that thread. */
export type Answer =
  | Opened
  | { readonly kind: "written" }
  /**
   * The write went to a file that no longer has the database's path. The thread opens the file at
   * that path next.
   */
  | { readonly kind: "written elsewhere" }
  /** The last write or opening failed. */
  | { readonly kind: "failed"; readonly of: "write" | "open"; readonly reason: string }
  | { readonly kind: "content"; readonly number: number; readonly content?: string; readonly reason?: string };
