import { lstat, rename } from "node:fs/promises";
import { codeOf } from "./open-log.ts";

/**
 * Makes room for a new log: PATH becomes PATH.1, PATH.1 becomes PATH.2, up to PATH.KEEP, whose
 * former content is deleted. The oldest is renamed first. If the process ends in between, a number
 * is missing, which the next rotation fills, and nothing is lost. Does not follow links.
 */
export async function rotate(path: string, keep: number): Promise<void> {
  let free = 1;
  while (free < keep && (await exists(`${path}.${free}`))) free++;
  for (let number = free; number > 1; number--) await rename(`${path}.${number - 1}`, `${path}.${number}`);
  await rename(path, `${path}.1`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
