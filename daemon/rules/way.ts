import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** One step of the way that the kernel takes to a file. */
export interface WayStep {
  readonly path: string;
  readonly kind: "folder" | "link";
  readonly stats: Stats;
}

/** What a way ends at: `stats` is undefined where nothing of this path is there. */
export interface WayEnd {
  readonly path: string;
  readonly kind: "end";
  readonly stats: Stats | undefined;
}

/** As many as path_resolution(7) follows. */
const MOST_LINKS = 40;

/**
 * All folders and links that the kernel passes to reach what a path names, from / on, each once: also those that a link leads through. The
 * end is in it where it is a link. What is not there ends the way: reading it says why.
 */
export function wayTo(path: string): readonly WayStep[] {
  const steps = new Map<string, WayStep>();
  for (const step of walkTo(path)) if (step.kind !== "end") steps.set(step.path, step);
  return [...steps.values()];
}

/** The same with what the way ends at, one after the other: what throws has told of all that it passed before. */
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
