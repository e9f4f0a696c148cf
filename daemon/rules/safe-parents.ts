import type { Stats } from "node:fs";
import { isReadOnlyForOthers } from "./read-only.ts";
import { otherWriter, type Trust } from "./trust.ts";
import { type WayStep, wayTo } from "./way.ts";

/** An unsafe folder on the path to a file. */
export interface UnsafeParent {
  readonly path: string;
  readonly message: string;
  readonly help: string;
}

/** Only the owner of an entry and the owner of the folder may rename or delete it, as in /tmp. */
const STICKY = 0o1000;

/**
 * Finds the first folder or link, from / on, that lets others replace the file at a path. Checks
 * all folders that the kernel passes. Skips missing ones.
 */
export function unsafeParent(path: string, trust: Trust): UnsafeParent | undefined {
  for (const step of stepsTo(path)) {
    const fault = faultOf(step.path, step.stats, trust);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** An entry that cannot be examined counts as missing. */
function stepsTo(path: string): readonly WayStep[] {
  try {
    return wayTo(path);
  } catch {
    return []; // reading it says why
  }
}

/**
 * Describes the fault of a folder or link on the path. Returns undefined if others cannot change
 * its target.
 */
export function faultOf(path: string, stats: Stats, trust: Trust): UnsafeParent | undefined {
  if (!trust.owners.has(stats.uid))
    return {
      path,
      message: `expected a folder that belongs to root, found "${path}", which belongs to the user id ${stats.uid}`,
      help: `chown root ${path}`,
    };
  // A link has no permissions.
  if (stats.isSymbolicLink() || (stats.mode & STICKY) !== 0) return undefined;
  const who = otherWriter(path, stats, trust);
  if (who === undefined || isReadOnlyForOthers(path)) return undefined;
  return {
    path,
    message: `expected a folder that only root can write, found "${path}", which ${who} can write`,
    help: `chmod go-w ${path}`,
  };
}
