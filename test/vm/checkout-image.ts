import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { makeDisk } from "./image.ts";

/** What a guest has from another disk, or has no use for. */
const LEFT_OUT = [".git", ".cache", "node_modules", "dist", "state"];

/**
 * Makes the disk image of the checkout in the current folder, as it is now.
 * @param folder that the image is made in
 * @param task shell commands that the guest runs in the checkout
 * @returns the image's path
 */
export async function checkoutImage(folder: string, task: string): Promise<string> {
  const checkout = join(folder, "checkout");
  cpSync(".", checkout, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT.includes(basename(path)),
  });
  mkdirSync(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "task"), task);
  const image = join(folder, "checkout.ext4");
  await makeDisk(checkout, image, "checkout");
  return image;
}
