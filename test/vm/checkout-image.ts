import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join, normalize } from "node:path";
import { makeDisk } from "./image.ts";

/** Names of files and folders that a guest has from another disk, or does not need. */
const LEFT_OUT = [".git", ".cache", "node_modules", "dist"];
/** The state of a daemon that was started here. */
const STATE = "state";

/**
 * Makes the disk image of the checkout in the current folder, as it is now, but for the types in
 * its sources: taking them out is what would take the emulated processor most of the time. They
 * leave blanks, so that positions stay.
 * @param folder that the image is made in
 * @param task shell commands that the guest runs in the checkout
 * @returns the image's path
 */
export async function checkoutImage(folder: string, task: string): Promise<string> {
  const checkout = join(folder, "checkout");
  cpSync(".", checkout, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT.includes(basename(path)) && normalize(path) !== STATE,
  });
  for (const path of globSync(join(checkout, "**/*.ts")))
    writeFileSync(path, stripTypeScriptTypes(readFileSync(path, "utf8")));
  mkdirSync(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "task"), task);
  const image = join(folder, "checkout.ext4");
  await makeDisk(checkout, image, "checkout");
  return image;
}
