import { closeSync } from "node:fs";
import { MountRoots, type MountRoot } from "../kernel/processes/mount-roots.ts";
import { NotRead, type ForeignReader } from "./foreign-reader.ts";
import type { Found, FoundFile, Inspect } from "./found-file.ts";
import { mappedByProcesses } from "./mapped-by-processes.ts";
import { ownRoot, type OpenFile, type PathRoot } from "../kernel/processes/open-in-root.ts";
import { openTarget } from "./open-library.ts";
import { isUser, ownerOfRoot } from "./owner.ts";
import type { HeldFacts } from "./protocol.ts";
import { RootTurns } from "./root-turns.ts";

/** A file to find in every root. */
export interface FileRequest {
  /** absolute path, or a library by soname or short name */
  readonly target: string;
  /**
   * true if nothing is known of it yet: it is looked for in all roots, not only in those whose turn
   * it is
   */
  readonly isNew: boolean;
}

/** The host's own root, as this process sees it. */
export const HOST_ROOT = "host";

/** The files that processes see at one time. Disposing closes the files. */
export interface ProcessFiles extends AsyncDisposable {
  /** existing roots, and HOST_ROOT */
  readonly roots: ReadonlySet<string>;
  /**
   * By target and root, for roots that were looked at this time: the file, the reason why it cannot
   * be looked at, or undefined if it is absent.
   */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Found>>;
  /** labels of the inodes that processes have mapped (`inodeLabel`); absent if not asked for */
  readonly mapped?: ReadonlySet<number>;
  /** Finds points in a file. */
  readonly inspect: Inspect;
  /** Marks a root for another look the next time, since its files could not be learned. */
  readonly again: (root: string) => void;
}

/**
 * The layers below an overlay cannot be learned. If one is a FUSE, attaching waits for its server
 * to give the page of the breakpoint. Meanwhile the kernel lets no process of the host fork
 * (dup_mmap_sem, register_for_each_vma in kernel/events/uprobes.c).
 */
const USERS_OVERLAY =
  "it is on an overlay that a user mounted, and a layer below may be a file system that never answers";

/** the most turns between two readings of maps that change nothing */
const MAX_WAIT = 16;

/** Looks again and again at the files that processes see. */
export class ProcessFilesWatcher {
  readonly #reader: ForeignReader;
  readonly #turns = new RootTurns();
  readonly #roots = new MountRoots();
  /**
   * turns until maps are read again, and the length of the last wait: the longer the same files are
   * asked for, the longer the wait
   */
  #mapsIn = 0;
  #mapsWait = 1;

  constructor(reader: ForeignReader) {
    this.#reader = reader;
  }

  /**
   * Looks for files in the roots whose turn it is.
   *
   * @param withMapped true if the maps of all processes are needed. They cost more than all the
   * rest, so they are read now and then.
   */
  async look(requests: readonly FileRequest[], withMapped: boolean): Promise<ProcessFiles> {
    const targets = [...new Set(requests.map(({ target }) => target))];
    const roots = targets.length === 0 ? [] : await this.#roots.look();
    const isNew = requests.some((request) => request.isNew);
    const held: OpenFile[] = [];
    const files = new Map(targets.map((target) => [target, new Map<string, Found>()]));
    if (targets.length > 0) lookOnHost(targets, files, held);
    let hasAsked = false;
    for (const root of this.#turns.due(roots, isNew, ({ key, pids }) => ownerOfRoot(pids, key))) {
      hasAsked = true;
      const found = await this.#lookIn(root, targets);
      for (const [index, file] of found?.entries() ?? []) files.get(targets[index] ?? "")?.set(root.key, file);
      this.#turns.looked(root.key, found === undefined ? undefined : JSON.stringify(found.map(identityOf)));
    }
    return {
      roots: new Set([HOST_ROOT, ...roots.map(({ key }) => key)]),
      files,
      ...(this.#readsMaps(withMapped) && { mapped: await mappedByProcesses(this.#reader) }),
      inspect: (...of) => this.#inspect(...of),
      again: (root) => this.#turns.again(root),
      [Symbol.asyncDispose]: async () => {
        for (const { descriptor } of held) closeSync(descriptor);
        if (hasAsked && this.#reader.pid !== undefined)
          await this.#reader.ask({ kind: "release" }, undefined, "what was held").catch(() => undefined);
      },
    };
  }

  /** Returns undefined if nothing was learned of a root. */
  async #lookIn({ key, pids }: MountRoot, targets: readonly string[]): Promise<readonly Found[] | undefined> {
    const owner = ownerOfRoot(pids, key);
    for (const pid of owner === "gone" ? [] : pids) {
      try {
        const subject = `${targets.map((target) => `"${target}"`).join(", ")} of process ${pid}`;
        const facts = await this.#reader.ask({ kind: "look", pid, isUsers: isUser(owner), targets }, owner, subject);
        if (facts !== null) return facts.map((each) => this.#foundFile(each, owner));
      } catch (error) {
        if (!(error instanceof NotRead)) throw error;
        if (error.isItsFault) return targets.map(() => ({ fault: error.message, owner }));
        return undefined;
      }
    }
    return undefined;
  }

  #foundFile(facts: HeldFacts | { readonly fault: string } | null, owner: string): Found {
    if (facts === null) return undefined;
    if ("fault" in facts) return { ...facts, owner };
    if (facts.isOverlay && isUser(owner)) return { fault: USERS_OVERLAY, owner };
    const { descriptor, isOverlay, path } = facts;
    const [dev, ino, size] = [facts.dev, facts.ino, facts.size].map(BigInt) as [bigint, bigint, bigint];
    const [mtimeNs, ctimeNs] = [facts.mtimeNs, facts.ctimeNs].map(BigInt) as [bigint, bigint];
    const { pid = -1 } = this.#reader;
    const heldAt = (): string | undefined => (this.#reader.holds(pid) ? `/proc/${pid}/fd/${descriptor}` : undefined);
    return { facts: { dev, ino, size, mtimeNs, ctimeNs }, isOverlay, path, owner, heldAt };
  }

  readonly #inspect: Inspect = async (file, wanted) => {
    const path = file.heldAt();
    if (path === undefined) return undefined;
    try {
      return await this.#reader.ask({ kind: "places", path, wanted }, file.owner, file.path);
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
      return error.isItsFault ? { fault: error.message.replaceAll(path, file.path) } : undefined;
    }
  };

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
}

/**
 * Looks in this process's own root only, and there in no file system that a user's process serves.
 */
function lookOnHost(targets: readonly string[], files: Map<string, Map<string, Found>>, held: OpenFile[]): void {
  const root: PathRoot = ownRoot();
  for (const target of targets) {
    const looked = openTarget(root, target);
    if (looked !== undefined && !("fault" in looked)) held.push(looked);
    files.get(target)?.set(HOST_ROOT, looked && ("fault" in looked ? { ...looked, owner: "own" } : hostFile(looked)));
  }
}

function hostFile({ descriptor, isOverlay, path, stats }: OpenFile): FoundFile {
  return { facts: stats, isOverlay, path, owner: "own", heldAt: () => `/proc/${process.pid}/fd/${descriptor}` };
}

function identityOf(found: Found): readonly string[] {
  if (found === undefined) return [];
  if ("fault" in found) return [found.fault];
  const { ctimeNs, dev, ino, mtimeNs, size } = found.facts;
  return [dev, ino, size, mtimeNs, ctimeNs].map(String);
}
