import { attach, BpfError, type BpfLink, type BpfProgram, type UprobePlace } from "libbpf-ts";
import type { BigIntStats } from "node:fs";
import { elfFileAt } from "../kernel/elf/elf-files.ts";
import { attachMost } from "./attach-most.ts";
import type { RefusedPoint } from "./attachment.ts";
import { placeOf, placesIn, type FilePlace, type FilePoint } from "./file-places.ts";

/** A file that is held open, so that all that is done is done to the same one. */
export interface HeldFile {
  readonly descriptor: number;
  readonly stats: BigIntStats;
  readonly isOverlay: boolean;
  /** for messages */
  readonly path: string;
}

/** A point and the cookie that tells its program that it is this one. */
export interface CookiedPoint {
  readonly point: FilePoint;
  readonly cookie?: bigint;
}

/** A program for points of files, and whether it was loaded for one link to all of them in a file. */
export interface FileProgram {
  readonly program: BpfProgram;
  readonly isMulti: boolean;
}

/** A program attached within one file: an inode with the contents of some time. */
export class FileCopy {
  readonly key: string;
  readonly path: string;
  /** why the program is not attached here, should it not be */
  readonly fault: string | undefined;
  /** points that the kernel refused here beside others that it took */
  readonly refused: readonly RefusedPoint[];
  readonly #stats: BigIntStats;
  readonly #isOverlay: boolean;
  readonly #links: readonly BpfLink[];

  private constructor(file: HeldFile, attached: AttachedPlaces | string) {
    this.key = keyOf(file.stats);
    this.path = file.path;
    this.#stats = file.stats;
    this.#isOverlay = file.isOverlay;
    this.fault = typeof attached === "string" ? attached : undefined;
    const { links, refused } = typeof attached === "string" ? { links: [], refused: [] } : attached;
    this.#links = links;
    this.refused = refused;
  }

  /** The file that the program was compiled for. Throws BpfError. */
  static original(program: FileProgram, file: HeldFile, points: readonly CookiedPoint[]): FileCopy {
    const places = points.map(({ cookie, point }) => ({ place: point, point, cookie, returns: returnsOf(point) }));
    return new FileCopy(file, attachAll(program, file, places));
  }

  /** Another file of the same name, as far as it has the points. */
  static other(program: FileProgram, file: HeldFile, points: readonly CookiedPoint[]): FileCopy {
    const elf = elfFileAt(file.descriptor, Number(file.stats.size), file.path);
    if (typeof elf === "string") return new FileCopy(file, elf);
    const found = points.map(({ cookie, point }) => ({
      places: placesIn(point, elf),
      point,
      cookie,
      returns: returnsOf(point),
    }));
    const places = found.flatMap(({ places: each, ...rest }) =>
      typeof each === "string" ? [] : each.map((place) => ({ place, ...rest })),
    );
    const [reason] = found.flatMap((each) => (typeof each.places === "string" ? [each.places] : []));
    if (places.length === 0) return new FileCopy(file, reason ?? "it has none of the functions");
    try {
      return new FileCopy(file, attachAll(program, file, places));
    } catch (error) {
      if (error instanceof BpfError) return new FileCopy(file, error.message);
      throw error;
    }
  }

  get inode(): bigint {
    return this.#stats.ino;
  }

  /**
   * Whether a file is the one that this was attached to. An overlay shows a file of a lower layer under a device of its own, so that two
   * containers of one image seem to have two: there the inode's number and times decide.
   */
  isOf({ isOverlay, stats }: HeldFile): boolean {
    if (keyOf(stats) === this.key) return true;
    if (!isOverlay && !this.#isOverlay) return false;
    const own = this.#stats;
    return (["ino", "size", "mtimeNs", "ctimeNs"] as const).every((field) => own[field] === stats[field]);
  }

  /** Whether it is the same inode, with other contents: a file that was written to in place. */
  isRewritten(other: FileCopy): boolean {
    return this !== other && this.#stats.dev === other.#stats.dev && this.#stats.ino === other.#stats.ino;
  }

  detach(): void {
    for (const link of this.#links) link[Symbol.dispose]();
  }

  async detachOnThread(): Promise<void> {
    await Promise.all(this.#links.map((link) => link[Symbol.asyncDispose]()));
  }
}

function keyOf({ dev, ino, mtimeNs, size }: BigIntStats): string {
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

/** Once at each offset: names can be aliases of one function. Throws BpfError where nothing could be attached. */
function attachAll(
  { program, isMulti }: FileProgram,
  file: HeldFile,
  places: readonly AttachedPlace[],
): AttachedPlaces {
  const once = new Map(places.toReversed().map((each) => [`${each.returns} ${each.place.fileOffset}`, each]));
  const [first, ...rest] = [...once.values()].toReversed();
  if (first === undefined) return { links: [], refused: [] };
  const path = `/proc/self/fd/${file.descriptor}`;
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
  return { links, refused: refused.map(({ place: { point }, error }) => ({ point, error })) };
}

/** Either entries or returns: the compiler makes programs of their own for each. */
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
