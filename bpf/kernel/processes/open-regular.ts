import { closeSync, constants, fstatSync, openSync, type BigIntStats } from "node:fs";

/** O_PATH of Linux: holds a place without opening it. */
const O_PATH = 0o10000000;

/**
 * The place of a regular file, held by a descriptor. It identifies the file and reads nothing of
 * it.
 */
export interface HeldPlace {
  readonly descriptor: number;
  readonly stats: BigIntStats;
}

/**
 * Holds the file at a path. Opening has effects on devices and FIFOs, and a file system's server
 * may never answer it. So the file is not opened before it is known to be a regular one. Returns
 * undefined for another kind of file. Throws if there is none.
 *
 * @param follow true to follow a link in the last part of the path
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

/** Opens for reading what a descriptor holds, without blocking. */
export function openHeld(descriptor: number): number {
  return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}
