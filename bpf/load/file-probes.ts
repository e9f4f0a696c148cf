import { closeSync, fstatSync, openSync, statfsSync } from "node:fs";
import { inodeLabel } from "../kernel/processes/mapped-inodes.ts";
import { OVERLAYFS_SUPER_MAGIC, type OpenFile } from "../kernel/processes/open-in-root.ts";
import { HOST_ROOT, type FileRequest, type Surroundings } from "../kernel/processes/surroundings.ts";
import type { Attachment, Followed, RefusedPoint } from "./attachment.ts";
import { FileCopy, type CookiedPoint, type FileProgram, type HeldFile } from "./file-copy.ts";

/** Whoever makes files of the name without end is not followed without end. */
const MAX_COPIES = 1000;

/**
 * A program at points of one executable or library, in every file of that name that processes see: the host's, those of containers, and
 * those that a package's upgrade puts in their place. A uprobe is at an inode, so each file needs links of its own. One that nobody can
 * start any more stays attached as long as processes run it.
 */
export class FileProbes implements Attachment {
  readonly #program: FileProgram;
  readonly #target: string;
  readonly #points: readonly CookiedPoint[];
  readonly #copies = new Set<FileCopy>();
  /** what each root has of the name */
  readonly #byRoot = new Map<string, FileCopy | undefined>();
  #isNew = true;
  #hasUnused = false;

  /**
   * Attaches to the host's file.
   *
   * @param points of one target, at least one
   * @throws BpfError
   */
  constructor(program: FileProgram, points: readonly CookiedPoint[]) {
    const [first] = points;
    if (first === undefined) throw new Error("expected an attach point");
    this.#program = program;
    this.#points = points;
    this.#target = first.point.target;
    const copy = withHeldFile(first.point.path, (file) => FileCopy.original(program, file, points));
    this.#copies.add(copy);
    this.#byRoot.set(HOST_ROOT, copy);
  }

  get refused(): readonly RefusedPoint[] {
    return this.#byRoot.get(HOST_ROOT)?.refused ?? [];
  }

  get files(): readonly FileRequest[] {
    return [{ target: this.#target, isNew: this.#isNew }];
  }

  /** Whether following needs to know which inodes processes have mapped. */
  get asksForMapped(): boolean {
    return this.#hasUnused;
  }

  follow(around: Surroundings): Followed {
    const changes: string[] = [];
    for (const root of this.#byRoot.keys()) if (!around.roots.has(root)) this.#byRoot.delete(root);
    const looked = around.files.get(this.#target);
    for (const [root, file] of looked ?? []) {
      this.#byRoot.set(root, file === undefined ? undefined : this.#copyOf(file, changes));
    }
    if (looked !== undefined) this.#isNew = false;
    this.#dropUnused(around.mapped, changes);
    return { changes, gaps: this.#gaps() };
  }

  #copyOf(file: OpenFile, changes: string[]): FileCopy | undefined {
    const held = { ...file, descriptor: file.handle.fd };
    const known = [...this.#copies].find((copy) => copy.isOf(held));
    if (known !== undefined) return known;
    if (this.#copies.size >= MAX_COPIES) return undefined;
    const copy = FileCopy.other(this.#program, held, this.#points);
    this.#copies.add(copy);
    changes.push(copy.fault === undefined ? `attached to ${copy.path}` : `${copy.path} is not watched: ${copy.fault}`);
    return copy;
  }

  #dropUnused(mapped: ReadonlySet<number> | undefined, changes: string[]): void {
    const used = new Set(this.#byRoot.values());
    const unused = [...this.#copies].filter((copy) => !used.has(copy));
    this.#hasUnused = false;
    for (const copy of unused) {
      const isRewritten = [...used].some((other) => other !== undefined && copy.isRewritten(other));
      const isRun = mapped === undefined || mapped.has(inodeLabel(copy.inode));
      if (isRun && !isRewritten && copy.fault === undefined) {
        this.#hasUnused = true;
        continue;
      }
      this.#copies.delete(copy);
      void copy.detachOnThread();
      if (copy.fault === undefined) changes.push(`let go of ${copy.path}: no process runs it any more`);
    }
  }

  #gaps(): readonly string[] {
    const host = this.#byRoot.get(HOST_ROOT);
    if (host?.fault !== undefined) return [`${host.path} is not watched: ${host.fault}`];
    const watched = [...this.#byRoot.values()].some((copy) => copy !== undefined && copy.fault === undefined);
    const full = this.#copies.size >= MAX_COPIES ? [`"${this.#target}" has more than ${MAX_COPIES} copies`] : [];
    return watched ? full : [`nothing is watched: "${this.#target}" is gone`];
  }

  [Symbol.dispose](): void {
    for (const copy of this.#copies) copy.detach();
    this.#copies.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const copies = [...this.#copies];
    this.#copies.clear();
    await Promise.all(copies.map((copy) => copy.detachOnThread()));
  }
}

function withHeldFile<Result>(path: string, use: (file: HeldFile) => Result): Result {
  const descriptor = openSync(path, "r");
  try {
    const isOverlay = statfsSync(`/proc/self/fd/${descriptor}`).type === OVERLAYFS_SUPER_MAGIC;
    return use({ descriptor, stats: fstatSync(descriptor, { bigint: true }), isOverlay, path });
  } finally {
    closeSync(descriptor);
  }
}
