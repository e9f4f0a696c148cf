import { type FSWatcher, watch } from "node:fs";
import { basename } from "node:path";
import { watchedPlaces } from "./watched-places.ts";

/**
 * The delay after the last change before files are read: an editor writes, renames and sets modes
 * in sequence.
 */
const SETTLE_MS = 50;
/** The longest delay while changes continue. */
const LONGEST_WAIT_MS = 1000;
/**
 * Limits reloads to a burst, and then one each `SPACE_MS`: the owner of one rule file must not keep
 * the daemon busy.
 */
const BURST = 8;
const SPACE_MS = 2000;

export interface FolderWatcherOptions {
  /** the folder of `rules.d` and `bpfwarden.yaml` */
  readonly folder: string;
  /** a clock that is never set */
  readonly nowMs: () => number;
  /** called once for each group of changes */
  readonly onChange: () => void;
  /**
   * called if an existing folder cannot be watched, for example because the user has no inotify
   * watches left
   */
  readonly onError: (error: Error) => void;
}

/**
 * Watches the rule files and settings in a folder: files that are written, moved, replaced, linked
 * or deleted, and changed modes. Also notices when the folder, `rules.d` or a link is created,
 * removed or replaced. Changes after the return are noticed.
 *
 * Watches folders with inotify(7) through `fs.watch` and compares nothing. Comparing times would
 * miss a file of the same time that replaces another, as package managers do, and a corrected mode.
 */
export function watchFolder({ folder, nowMs, onChange, onError }: FolderWatcherOptions): Disposable {
  let watchers: readonly FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let firstMs: number | undefined;
  /**
   * the time at which the full `BURST` is available again, by the generic cell rate algorithm
   * (ITU-T I.371)
   */
  let paidMs = 0;
  function reopen(): void {
    for (const watcher of watchers) watcher.close();
    watchers = watchedPlaces(folder).flatMap(({ folder: path, names }) => {
      // A folder that is moved or deleted reports a name that may be its own.
      const isOurs = (name: string | null): boolean =>
        name === null || names === undefined || name === basename(path) || names.has(name);
      return openWatcher(path, (name) => isOurs(name) && schedule(), onError);
    });
  }
  function schedule(): void {
    const atMs = nowMs();
    firstMs ??= atMs;
    clearTimeout(timer);
    const settleMs = Math.min(SETTLE_MS, firstMs + LONGEST_WAIT_MS - atMs);
    const spaceMs = paidMs - (BURST - 1) * SPACE_MS - atMs;
    timer = setTimeout(settled, Math.max(0, settleMs, spaceMs));
  }
  function settled(): void {
    firstMs = undefined;
    paidMs = Math.max(paidMs, nowMs()) + SPACE_MS;
    // Watches again before the files are read, so that no change is missed: the path may now be
    // another folder.
    reopen();
    onChange();
  }
  reopen();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/**
 * Returns undefined if the folder is missing or is a file: the watcher of its parent notices when
 * it is created.
 */
function openWatcher(
  path: string,
  onName: (name: string | null) => unknown,
  onError: (error: Error) => void,
): readonly FSWatcher[] {
  try {
    return [watch(path, (_type, name) => void onName(name)).on("error", onError)];
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) onError(error as Error);
    return [];
  }
}
