import { mappedInodes } from "./mapped-inodes.ts";
import { findMountRoots, type MountRoot } from "./mount-roots.ts";
import { openInRoot, OWN_ROOT, rootOf, type OpenFile, type PathRoot } from "./open-in-root.ts";
import { openLibraryInRoot } from "./open-library.ts";

/** A file that somebody wants to find in every root. */
export interface FileRequest {
  /** an absolute path, or a library by soname or short name */
  readonly target: string;
  /** nothing is known of it yet: it is looked for in all roots, not only in those whose turn it is */
  readonly isNew: boolean;
}

/** The host's own root, as this process sees it. */
export const HOST_ROOT = "host";

/** What processes see as files at one time. Disposing closes the files. */
export interface Surroundings extends AsyncDisposable {
  /** the roots that exist, and HOST_ROOT */
  readonly roots: ReadonlySet<string>;
  /** By target and root, where that was looked at this time: the file, or undefined where there is none. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, OpenFile | undefined>>;
  /** of the inodes that processes have mapped (`inodeLabel`); absent where nobody asked */
  readonly mapped?: ReadonlySet<number>;
}

/** Of the roots that were looked at before so many are looked at again each time: packages are upgraded within containers, too. */
const ROOTS_A_TURN = 16;
/** turns between two readings of maps that change nothing */
const MAX_WAIT = 16;

/** Looks at what processes see, again and again. */
export class SurroundingsWatcher {
  /** in the order in which they were looked at */
  readonly #known = new Set<string>();
  /** in how many turns maps are read again, and how long the wait before was: the longer somebody asks, the less often */
  #mapsIn = 0;
  #mapsWait = 1;

  /** @param withMapped whether somebody needs the maps of all processes, which cost more than all the rest: they are read now and then */
  async look(requests: readonly FileRequest[], withMapped: boolean): Promise<Surroundings> {
    const roots = await findMountRoots();
    const due = this.#due(roots);
    const opened: OpenFile[] = [];
    const files = new Map<string, Map<string, OpenFile | undefined>>();
    for (const { isNew, target } of mergeRequests(requests)) {
      const found = new Map([[HOST_ROOT, await openTarget(OWN_ROOT, target)]]);
      for (const root of roots) {
        if (!isNew && !due.has(root.key)) continue;
        const looked = await lookIn(root, target);
        if (looked !== undefined) found.set(root.key, looked.file);
      }
      files.set(target, found);
      opened.push(...[...found.values()].filter((file) => file !== undefined));
    }
    return {
      roots: new Set([HOST_ROOT, ...roots.map(({ key }) => key)]),
      files,
      ...(this.#readsMaps(withMapped) && { mapped: await mappedInodes() }),
      async [Symbol.asyncDispose]() {
        await Promise.all(opened.map(({ handle }) => handle.close()));
      },
    };
  }

  #readsMaps(asked: boolean): boolean {
    if (!asked) [this.#mapsIn, this.#mapsWait] = [0, 1];
    else if (this.#mapsIn > 0) this.#mapsIn--;
    else {
      this.#mapsIn = this.#mapsWait;
      this.#mapsWait = Math.min(2 * this.#mapsWait, MAX_WAIT);
      return true;
    }
    return false;
  }

  /** New roots, and those that were not looked at for the longest time. */
  #due(roots: readonly MountRoot[]): ReadonlySet<string> {
    const present = new Set(roots.map(({ key }) => key));
    for (const key of this.#known) if (!present.has(key)) this.#known.delete(key);
    const again = [...this.#known].slice(0, ROOTS_A_TURN);
    const due = new Set([...present.difference(this.#known), ...again]);
    for (const key of due) {
      this.#known.delete(key);
      this.#known.add(key);
    }
    return due;
  }
}

function mergeRequests(requests: readonly FileRequest[]): readonly FileRequest[] {
  return [...Map.groupBy(requests, ({ target }) => target)].map(([target, same]) => ({
    target,
    isNew: same.some(({ isNew }) => isNew),
  }));
}

/** Undefined where all processes that we knew of have ended: that says nothing of their files. */
async function lookIn(root: MountRoot, target: string): Promise<{ readonly file: OpenFile | undefined } | undefined> {
  for (const pid of root.pids) {
    const path = await rootOf(pid);
    if (path === undefined) continue;
    const file = await openTarget(path, target);
    if (file !== undefined || (await rootOf(pid)) !== undefined) return { file };
  }
  return undefined;
}

function openTarget(root: PathRoot, target: string): Promise<OpenFile | undefined> {
  return target.startsWith("/") ? openInRoot(root, target) : openLibraryInRoot(root, target);
}
