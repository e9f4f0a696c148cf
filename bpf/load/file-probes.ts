import { closeSync, statfsSync } from "node:fs";
import type { Found, FoundFile, Inspect } from "../foreign/found-file.ts";
import { OVERLAYFS_SUPER_MAGIC } from "../kernel/processes/open-in-root.ts";
import { HOST_ROOT, type FileRequest, type ProcessFiles } from "../foreign/process-files.ts";
import { inodeLabel } from "../kernel/processes/mapped-inodes.ts";
import { holdRegular } from "../kernel/processes/open-regular.ts";
import { bootNs } from "./boot-ns.ts";
import { ChangeReports } from "./change-reports.ts";
import type { Attachment, Followed, RefusedPoint } from "./attachment.ts";
import { FileCopy, type CookiedPoint, type FileProgram } from "./file-copy.ts";

/** The most copies of a file that are followed: a user can make copies without end. */
const MAX_COPIES = 1000;
/** The most copies of one owner. They must not keep those of others from being followed. */
const MAX_COPIES_OF_OWNER = 100;
/** The most copies that are named when they cannot be followed. */
const MAX_NAMED = 10;

/** The reason why a file is not watched, and who is responsible for it. */
interface Unwatched {
  readonly fault: string;
  readonly owner: string;
}

/**
 * A program at points of one executable or library, in every file of that name that processes see:
 * the host's, those of containers, and those that replace them in a package upgrade. A uprobe is at
 * an inode, so each file needs its own links. A file that can no longer be started stays attached
 * while processes run it.
 */
export class FileProbes implements Attachment {
  readonly #program: FileProgram;
  readonly #target: string;
  readonly #points: readonly CookiedPoint[];
  readonly #copies = new Set<FileCopy>();
  /** the file of this name in each root */
  readonly #byRoot = new Map<string, FileCopy | undefined>();
  /** why the file of a root is not watched, if it could not even be looked at */
  readonly #faults = new Map<string, string>();
  readonly #reports = new ChangeReports(() => Number(bootNs() / 1_000_000n));
  #isNew = true;
  #hasUnused = false;
  #isDisposed = false;

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

  /** True if following needs to know which inodes processes have mapped. */
  get asksForMapped(): boolean {
    return this.#hasUnused;
  }

  async follow(around: ProcessFiles): Promise<Followed> {
    const changes: string[] = [];
    for (const root of this.#byRoot.keys()) if (!around.roots.has(root)) this.#forgetRoot(root);
    const looked = around.files.get(this.#target);
    for (const [root, found] of looked ?? []) await this.#see(root, found, around, changes);
    if (looked !== undefined) this.#isNew = false;
    this.#dropUnused(around.mapped, changes);
    this.#reports.addUnreported(`of "${this.#target}"`, changes);
    return { changes, gaps: this.#gaps(), notes: this.#notes() };
  }

  /** Records the file of this name in a root. */
  async #see(root: string, found: Found, around: ProcessFiles, changes: string[]): Promise<void> {
    if (found === undefined || "fault" in found) {
      this.#byRoot.set(root, undefined);
      this.#noteFault(root, found, changes);
      return;
    }
    const copy = await this.#copyOf(found, around.inspect, changes);
    if (copy === undefined) return around.again(root);
    if (copy === "full") {
      return this.#noteFault(root, { fault: "too many copies are followed already", owner: found.owner }, changes);
    }
    this.#byRoot.set(root, copy);
    this.#faults.delete(root);
  }

  #noteFault(root: string, found: Unwatched | undefined, changes: string[]): void {
    if (found === undefined) {
      this.#faults.delete(root);
      return;
    }
    const { fault, owner } = found;
    const before = this.#faults.get(root);
    this.#faults.set(root, fault);
    if (fault !== before) this.#reports.add(owner, `"${this.#target}" of ${root} is not watched: ${fault}`, changes);
  }

  #forgetRoot(root: string): void {
    this.#byRoot.delete(root);
    this.#faults.delete(root);
  }

  /** Returns undefined if the contents of the file are not known. */
  async #copyOf(file: FoundFile, inspect: Inspect, changes: string[]): Promise<FileCopy | "full" | undefined> {
    const known = [...this.#copies].find((copy) => copy.isOf(file));
    if (known !== undefined) return known;
    const ofOwner = [...this.#copies].filter(({ owner }) => owner === file.owner);
    if (this.#copies.size >= MAX_COPIES || ofOwner.length >= MAX_COPIES_OF_OWNER) return "full";
    const inspected = await inspect(
      file,
      this.#points.map(({ point }) => point),
    );
    if (inspected === undefined) return undefined;
    const copy = FileCopy.other(this.#program, file, this.#points, inspected);
    if (copy === undefined || this.#isDisposed) {
      copy?.detach();
      return undefined;
    }
    this.#copies.add(copy);
    const change = copy.fault === undefined ? `attached to ${copy.path}` : `${copy.path} is not watched: ${copy.fault}`;
    this.#reports.add(copy.owner, change, changes);
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
      if (copy.fault === undefined)
        this.#reports.add(copy.owner, `detached from ${copy.path}: no process runs it any longer`, changes);
    }
  }

  #gaps(): readonly string[] {
    const host = this.#byRoot.get(HOST_ROOT);
    if (host?.fault !== undefined) return [`${host.path} is not watched: ${host.fault}`];
    const watched = [...this.#byRoot.values()].some((copy) => copy !== undefined && copy.fault === undefined);
    const fault = this.#faults.get(HOST_ROOT);
    return watched
      ? []
      : [`nothing is watched: "${this.#target}" ${fault === undefined ? "is gone" : `cannot be read: ${fault}`}`];
  }

  /**
   * Returns the copies of the name that are not watched. They do not degrade the rule: a user who
   * makes such copies must not be able to do that.
   */
  #notes(): readonly string[] {
    const host = this.#byRoot.get(HOST_ROOT);
    const faulty = [...this.#copies].flatMap((copy) =>
      copy === host || copy.fault === undefined ? [] : [`${copy.path}: ${copy.fault}`],
    );
    const unseen = [...this.#faults].flatMap(([root, fault]) =>
      root === HOST_ROOT ? [] : [`"${this.#target}" of ${root}: ${fault}`],
    );
    const all = [...faulty, ...unseen];
    const more = all.length - MAX_NAMED;
    return more > 0 ? [...all.slice(0, MAX_NAMED), `and ${more} more copies of "${this.#target}"`] : all;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const copy of this.#copies) copy.detach();
    this.#copies.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const copies = [...this.#copies];
    this.#copies.clear();
    await Promise.all(copies.map((copy) => copy.detachOnThread()));
  }
}

/** Throws if there is no such regular file. */
function withHeldFile<Result>(path: string, use: (file: FoundFile) => Result): Result {
  const held = holdRegular(path, true);
  if (held === undefined) throw new Error(`"${path}" is not a regular file`);
  const { descriptor, stats } = held;
  try {
    const isOverlay = statfsSync(`/proc/self/fd/${descriptor}`).type === OVERLAYFS_SUPER_MAGIC;
    return use({ facts: stats, isOverlay, path, owner: "own", heldAt: () => `/proc/self/fd/${descriptor}` });
  } finally {
    closeSync(descriptor);
  }
}
