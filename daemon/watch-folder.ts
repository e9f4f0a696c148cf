import { type FSWatcher, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Files are read once they have been left alone for so long: an editor writes, renames and sets modes one after the other. */
const SETTLE_MS = 50;
/** Changes without end are looked at this often. */
const LONGEST_WAIT_MS = 1000;

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
 * when the folder or `rules.d` comes, goes, or is replaced. Changes after the return are seen.
 *
 * Only folders are watched, by inotify(7) through `fs.watch`, and nothing is compared: watchers that compare times miss a file of the
 * same time that is renamed over another, as package managers do, and a mode that was mended.
 */
export function watchFolder({ folder, nowMs, onChange, onError }: FolderWatcherOptions): Disposable {
  let watchers: readonly FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let firstMs: number | undefined;
  const rules = join(folder, "rules.d");
  const places: readonly (readonly [path: string, isOurs: (name: string) => boolean])[] = [
    [dirname(folder), (name) => name === basename(folder)],
    [folder, (name) => name === "rules.d" || name === "bpfwarden.yaml"],
    [rules, () => true],
  ];
  function reopen(): void {
    for (const watcher of watchers) watcher.close();
    watchers = places.flatMap(([path, isOurs]) =>
      // A folder that is moved or deleted itself reports a name that may be its own.
      openWatcher(path, (name) => (name === null || name === basename(path) || isOurs(name)) && schedule(), onError),
    );
  }
  function schedule(): void {
    const atMs = nowMs();
    firstMs ??= atMs;
    clearTimeout(timer);
    timer = setTimeout(settled, Math.min(SETTLE_MS, Math.max(0, firstMs + LONGEST_WAIT_MS - atMs)));
  }
  function settled(): void {
    firstMs = undefined;
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

/** None where there is no such folder: its parent's watcher sees it come. */
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
