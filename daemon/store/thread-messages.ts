import type { Batch } from "./batch.ts";
import type { KeptState, MovedAside, StateDatabaseOptions } from "./state-database.ts";

/** What the thread is started with. */
export type ThreadOptions = StateDatabaseOptions;

/** To the thread that owns the database. */
export type Request =
  | { readonly ask: "write"; readonly batch: Batch; readonly unixMs: number }
  /** Looks whether the files are still the same ones, and opens them where they are not open. */
  | { readonly ask: "look"; readonly unixMs: number }
  | { readonly ask: "content"; readonly id: string; readonly number: number }
  /** Closes the database and ends the thread. */
  | { readonly ask: "close" };

/** The database is there: for the first time of this thread, or again, when what is in it may be anybody's. */
export interface Opened {
  readonly tell: "opened" | "reopened";
  readonly kept: KeptState;
  /** the files were deleted or replaced */
  readonly isReplaced: boolean;
  readonly moved?: MovedAside;
}

/** From that thread. */
export type Answer =
  | Opened
  | { readonly tell: "written" }
  /** The write went into a file that no longer has the database's name. The thread opens the file that has it next. */
  | { readonly tell: "written elsewhere" }
  /** The last write or opening failed. */
  | { readonly tell: "failed"; readonly of: "write" | "open"; readonly reason: string }
  | { readonly tell: "content"; readonly number: number; readonly content?: string; readonly reason?: string };
