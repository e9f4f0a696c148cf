import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** One folder or link that the kernel passes on a path. */
export interface WayStep {
  readonly path: string;
  readonly kind: "folder" | "link";
  readonly stats: Stats;
}

/** The end of a path. `stats` is undefined if it is missing. */
export interface WayEnd {
  readonly path: string;
  readonly kind: "end";
  readonly stats: Stats | undefined;
}

/** The limit of path_resolution(7). */
const MOST_LINKS = 40;

/**
 * Returns all folders and links that the kernel passes on a path, from / on, each once, also those
 * of links. Includes the end if it is a link. Stops at a missing entry: reading reports why.
 */
export function wayTo(path: string): readonly WayStep[] {
  const steps = new Map<string, WayStep>();
  for (const step of walkTo(path)) if (step.kind !== "end") steps.set(step.path, step);
  return [...steps.values()];
}

/**
 * Yields the same steps and the end, one after another. Before it throws, it has yielded all that
 * it passed.
 */
export function* walkTo(path: string): Generator<WayStep | WayEnd, void> {
  let parts = partsOf(resolve(path));
  let [folder, stats]: [string, Stats | undefined] = ["/", lstatSync("/")];
  let links = 0;
  yield { path: folder, kind: "folder", stats };
  while (parts.length > 0 && stats !== undefined) {
    const [part = "", ...rest] = parts;
    const here = part === ".." ? dirname(folder) : join(folder, part);
    stats = lstatSync(here, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() === true) {
      if (++links > MOST_LINKS) return;
      yield { path: here, kind: "link", stats };
      const target = readlinkSync(here);
      if (target.startsWith("/")) folder = "/";
      parts = [...partsOf(target), ...rest];
    } else {
      if (rest.length > 0 && stats !== undefined) yield { path: here, kind: "folder", stats };
      folder = here;
      parts = rest;
    }
  }
  yield { path: folder, kind: "end", stats };
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
