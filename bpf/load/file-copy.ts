import { attach, BpfError, type BpfLink, type BpfProgram, type UprobePlace } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { FileFacts, FoundFile, Inspected } from "../foreign/found-file.ts";
import { placeOf, type FilePlace, type FoundPlaces } from "../kernel/elf/file-places.ts";
import { attachMost } from "./attach-most.ts";
import type { RefusedPoint } from "./attachment.ts";

/** An attach point within an executable or library. */
export type FilePoint = Extract<AttachPoint, { readonly kind: "uprobe" | "usdt" }>;

/** A point and the cookie by which its program knows which point fired. */
export interface CookiedPoint {
  readonly point: FilePoint;
  readonly cookie?: bigint;
}

/**
 * A program for points of files. `isMulti` is true if it was loaded for one link to all its points
 * in a file.
 */
export interface FileProgram {
  readonly program: BpfProgram;
  readonly isMulti: boolean;
}

/** A program attached within one file: an inode with its contents at one time. */
export class FileCopy {
  readonly key: string;
  readonly path: string;
  /** the reason why the program is not attached here; undefined if it is */
  readonly fault: string | undefined;
  /** points that the kernel refused here while it accepted others */
  readonly refused: readonly RefusedPoint[];
  /** who is responsible for the file */
  readonly owner: string;
  readonly #facts: FileFacts;
  readonly #isOverlay: boolean;
  readonly #links: readonly BpfLink[];

  private constructor({ facts, isOverlay, owner, path }: FoundFile, attached: AttachedPlaces | string) {
    this.key = keyOf(facts);
    this.path = path;
    this.owner = owner;
    this.#facts = facts;
    this.#isOverlay = isOverlay;
    this.fault = typeof attached === "string" ? attached : undefined;
    const { links, refused } = typeof attached === "string" ? { links: [], refused: [] } : attached;
    this.#links = links;
    this.refused = refused;
  }

  /** Attaches to the file that the program was compiled for. Throws BpfError. */
  static original(program: FileProgram, file: FoundFile, points: readonly CookiedPoint[]): FileCopy {
    const places = points.map(({ cookie, point }) => ({ place: point, point, cookie, returns: returnsOf(point) }));
    return new FileCopy(file, attachAll(program, file.heldAt() ?? file.path, places));
  }

  /**
   * Attaches to another file of the same name, at the points that it has.
   *
   * @param inspected where it has each of the points
   * @returns undefined if the file is no longer held
   */
  static other(
    program: FileProgram,
    file: FoundFile,
    points: readonly CookiedPoint[],
    inspected: Exclude<Inspected, undefined>,
  ): FileCopy | undefined {
    if ("fault" in inspected) return new FileCopy(file, inspected.fault);
    const places = placesOf(points, inspected);
    const reason = inspected.find((each) => typeof each === "string");
    if (places.length === 0) return new FileCopy(file, reason ?? "it has none of the functions");
    const path = file.heldAt();
    if (path === undefined) return undefined;
    try {
      return new FileCopy(file, attachAll(program, path, places));
    } catch (error) {
      if (error instanceof BpfError) return new FileCopy(file, error.message.replaceAll(path, file.path));
      throw error;
    }
  }

  get inode(): bigint {
    return this.#facts.ino;
  }

  /**
   * True if a file is the one that this was attached to. An overlay shows a file of a lower layer
   * under a device of its own, so two containers of one image seem to have two files. For them the
   * inode's number and times decide.
   */
  isOf({ facts, isOverlay }: FoundFile): boolean {
    if (keyOf(facts) === this.key) return true;
    if (!isOverlay && !this.#isOverlay) return false;
    const own = this.#facts;
    return (["ino", "size", "mtimeNs", "ctimeNs"] as const).every((field) => own[field] === facts[field]);
  }

  /** True if it is the same inode with other contents: a file that was overwritten in place. */
  isRewritten(other: FileCopy): boolean {
    return this !== other && this.#facts.dev === other.#facts.dev && this.#facts.ino === other.#facts.ino;
  }

  detach(): void {
    for (const link of this.#links) link[Symbol.dispose]();
  }

  async detachOnThread(): Promise<void> {
    await Promise.all(this.#links.map((link) => link[Symbol.asyncDispose]()));
  }
}

function placesOf(points: readonly CookiedPoint[], found: readonly FoundPlaces[]): readonly AttachedPlace[] {
  return points.flatMap(({ cookie, point }, index) => {
    const places = found[index];
    if (places === undefined || typeof places === "string") return [];
    return places.map((place) => ({ place, point, cookie, returns: returnsOf(point) }));
  });
}

function keyOf({ dev, ino, mtimeNs, size }: FileFacts): string {
  return [dev, ino, size, mtimeNs].join(" ");
}

function returnsOf(point: FilePoint): boolean {
  return point.kind === "uprobe" && point.returns;
}

interface AttachedPlace {
  readonly place: FilePlace;
  readonly point: FilePoint;
  readonly cookie: bigint | undefined;
  readonly returns: boolean;
}

interface AttachedPlaces {
  readonly links: readonly BpfLink[];
  readonly refused: readonly RefusedPoint[];
}

/**
 * Attaches once at each offset: names can be aliases of one function. Throws BpfError if nothing
 * could be attached.
 */
function attachAll({ program, isMulti }: FileProgram, path: string, places: readonly AttachedPlace[]): AttachedPlaces {
  const once = new Map(places.toReversed().map((each) => [`${each.returns} ${each.place.fileOffset}`, each]));
  const [first, ...rest] = [...once.values()].toReversed();
  if (first === undefined) return { links: [], refused: [] };
  using made = new DisposableStack();
  const groups: readonly (readonly [AttachedPlace, ...AttachedPlace[]])[] = isMulti
    ? [[first, ...rest]]
    : [[first], ...rest.map((each): readonly [AttachedPlace] => [each])];
  const results = groups.map((group) =>
    attachMost(group, (some) =>
      made.use(isMulti ? attachTogether(program, path, some) : attachAt(program, path, some[0])),
    ),
  );
  const links = results.flatMap((result) => result.made);
  const refused = results.flatMap((result) => result.refused);
  if (links.length === 0 && refused[0] !== undefined) throw refused[0].error;
  made.move();
  return { links, refused: refused.map(({ point: { point }, error }) => ({ point, error })) };
}

/** Attaches to entries or to returns: the compiler makes separate programs for them. */
function attachTogether(program: BpfProgram, path: string, places: readonly AttachedPlace[]): BpfLink {
  const all = places.map(({ cookie, place }): UprobePlace => ({
    ...placeOf(place),
    ...(cookie !== undefined && { cookie }),
  }));
  return attach(program, { kind: "uprobe_multi", path, places: all, returns: places.some(({ returns }) => returns) });
}

function attachAt(program: BpfProgram, path: string, { cookie, place, returns }: AttachedPlace): BpfLink {
  const target = { kind: returns ? "uretprobe" : "uprobe", path, ...placeOf(place) } as const;
  return attach(program, target, cookie === undefined ? {} : { cookie });
}
