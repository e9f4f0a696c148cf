import { lstat, rename } from "node:fs/promises";
import { codeOf } from "./open-log.ts";

/**
 * Makes room for a new log: PATH becomes PATH.1, PATH.1 becomes PATH.2, and so on up to PATH.KEEP, which is lost where it was there. The
 * oldest moves first, so that a process that ends in between leaves a gap among the numbers, which the next rotation fills, and loses
 * nothing. Names are renamed, never followed.
 */
export async function rotate(path: string, keep: number): Promise<void> {
  let free = 1;
  while (free < keep && (await isThere(`${path}.${free}`))) free++;
  for (let number = free; number > 1; number--) await rename(`${path}.${number - 1}`, `${path}.${number}`);
  await rename(path, `${path}.1`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
