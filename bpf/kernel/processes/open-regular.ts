import { closeSync, constants, fstatSync, openSync, type BigIntStats } from "node:fs";

/** O_PATH of Linux: a place, of which nothing is opened yet. */
const O_PATH = 0o10000000;

/** A regular file's place, held by a descriptor that says which file it is and reads nothing of it. */
export interface HeldPlace {
  readonly descriptor: number;
  readonly stats: BigIntStats;
}

/**
 * Holds what lies at a path. Opening is what devices and FIFOs act on, and what a file system's server may never answer: so it is not done
 * before it is known that this is a regular file. Undefined where it is another kind of file. Throws where there is none.
 *
 * @param follow whether a link in the last part of the path is followed
 */
export function holdRegular(path: string, follow: boolean): HeldPlace | undefined {
  const descriptor = openSync(path, O_PATH | (follow ? 0 : constants.O_NOFOLLOW));
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (stats.isFile()) return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

/** Opens for reading what a descriptor holds, without waiting for anything. */
export function openHeld(descriptor: number): number {
  return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}
