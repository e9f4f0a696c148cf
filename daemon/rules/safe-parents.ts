import type { Stats } from "node:fs";
import { isReadOnlyForOthers } from "./read-only.ts";
import { otherWriter, type Trust } from "./trust.ts";
import { type WayStep, wayTo } from "./way.ts";

/** What is wrong with a folder that a path leads through. */
export interface UnsafeParent {
  readonly path: string;
  readonly message: string;
  readonly help: string;
}

/** Only the owner of an entry, and of the folder, may rename or delete it, as in /tmp. */
const STICKY = 0o1000;

/**
 * The first folder or link, from / on, by which somebody else could put another file in the place of what a path names. All that the
 * kernel passes on its way counts; what is not there is passed over.
 */
export function unsafeParent(path: string, trust: Trust): UnsafeParent | undefined {
  for (const step of stepsTo(path)) {
    const fault = faultOf(step.path, step.stats, trust);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What may not be looked at is not there, for us. */
function stepsTo(path: string): readonly WayStep[] {
  try {
    return wayTo(path);
  } catch {
    return []; // reading it says why
  }
}

/** What is wrong with a folder or link on the way; undefined where nobody else can change what it leads to. */
export function faultOf(path: string, stats: Stats, trust: Trust): UnsafeParent | undefined {
  if (!trust.owners.has(stats.uid))
    return {
      path,
      message: `expected that folders above belong to root, found that "${path}" belongs to the user id ${stats.uid}`,
      help: `chown root ${path}`,
    };
  // A link has no permissions of its own.
  if (stats.isSymbolicLink() || (stats.mode & STICKY) !== 0) return undefined;
  const who = otherWriter(path, stats, trust);
  if (who === undefined || isReadOnlyForOthers(path)) return undefined;
  return {
    path,
    message: `expected that only root can write the folders above, found that ${who} can write "${path}"`,
    help: `chmod go-w ${path}`,
  };
}
