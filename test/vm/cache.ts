import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Folder that what is built is kept in: `$BPFWARDEN_VM_CACHE`, so that several checkouts can share
 * one, else the checkout's own.
 */
export const cacheFolder = resolve(process.env["BPFWARDEN_VM_CACHE"] ?? ".cache/vm");

/** Files that this process is building: two guests that need the same file wait for it together. */
const underWay = new Map<string, Promise<void>>();

/**
 * The folder that holds what `build` builds, from the cache where it was built before by the same
 * recipe. It is built beside its place and then moved, so that one that was interrupted is never
 * taken, and two at once do not disturb each other.
 * @param name what it is, for its file name
 * @param recipe everything that the result depends on
 * @param build fills the empty folder that it is given
 */
export async function cached(
  name: string,
  recipe: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
  const place = join(cacheFolder, `${name}-${hash}`);
  const building = underWay.get(place) ?? (existsSync(place) ? undefined : buildAt(place, name, build));
  if (building !== undefined) underWay.set(place, building);
  await building;
  return place;
}

async function buildAt(place: string, name: string, build: (folder: string) => Promise<void>): Promise<void> {
  process.stderr.write(`test:vm: building ${name}\n`);
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = mkdtempSync(join(cacheFolder, `.${name}-`));
  try {
    await build(unfinished);
    if (!existsSync(place)) renameSync(unfinished, place);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
