import { type FSWatcher, watch } from "node:fs";
import { basename } from "node:path";
import { watchedPlaces } from "./watched-places.ts";

/** Files are read once they have been left alone for so long: an editor writes, renames and sets modes one after the other. */
const SETTLE_MS = 50;
/** Changes that go on are looked at this often. */
const LONGEST_WAIT_MS = 1000;
/** So many times at once, and then one each `SPACE_MS`: whoever owns one rule file shall not keep the daemon busy with reading all. */
const BURST = 8;
const SPACE_MS = 2000;

export interface FolderWatcherOptions {
  /** holds `rules.d` and `bpfwarden.yaml` */
  readonly folder: string;
  /** a clock that is never set */
  readonly nowMs: () => number;
  /** called once for each group of changes */
  readonly onChange: () => void;
  /** a folder that exists cannot be watched, for one because the user's inotify watches are used up */
  readonly onError: (error: Error) => void;
}

/**
 * Sees changes of the rule files and settings below a folder: written, moved in, renamed over, linked, deleted, modes changed; also
 * when the folder or `rules.d` comes, goes, or is replaced, and when a link or what it leads to changes. Changes after the return are seen.
 *
 * Only folders are watched, by inotify(7) through `fs.watch`, and nothing is compared: watchers that compare times miss a file of the
 * same time that is renamed over another, as package managers do, and a mode that was mended.
 */
export function watchFolder({ folder, nowMs, onChange, onError }: FolderWatcherOptions): Disposable {
  let watchers: readonly FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let firstMs: number | undefined;
  /** when as many as `BURST` are free again, by the generic cell rate algorithm (ITU-T I.371) */
  let paidMs = 0;
  function reopen(): void {
    for (const watcher of watchers) watcher.close();
    watchers = watchedPlaces(folder).flatMap(({ folder: path, names }) => {
      // A folder that is moved or deleted itself reports a name that may be its own.
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
    // Before the files are read, so that nothing comes between: a folder of the same path may be another one by now.
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

/** None where there is no such folder, or a file by now: its parent's watcher sees it come. */
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
