import { globSync, lstatSync } from "node:fs";
import { join } from "node:path";

/** Returns the paths of all files in a folder, relative to it, in order. */
export function filesIn(folder: string): readonly string[] {
  return globSync(["**/*", "**/.*"], { cwd: folder })
    .filter((path) => !lstatSync(join(folder, path)).isDirectory())
    .toSorted();
}

/** Returns the size of files on a disk. */
export function sizeKiB(folder: string, files: readonly string[]): number {
  return files.reduce((sum, path) => sum + Math.ceil(lstatSync(join(folder, path)).size / 4096) * 4, 0);
}
