import type { Machine } from "./boot.ts";
import { checkoutImage } from "./checkout-image.ts";
import type { Guest } from "./guests.ts";
import { kernelImage } from "./kernel-image.ts";
import { packagesImage } from "./packages-image.ts";
import { userspaceImage } from "./userspace-image.ts";

/**
 * Returns the machine of a guest, with the checkout as it is now.
 * @param folder for images that are made anew
 * @param task shell commands that it runs in the checkout
 */
export async function guestMachine({ architecture, ...guest }: Guest, folder: string, task: string): Promise<Machine> {
  const root = await userspaceImage(architecture);
  const { vmlinuz, modules } = await kernelImage({ architecture, ...guest });
  const disks = [root, modules, await packagesImage(architecture), await checkoutImage(folder, task)];
  return { architecture, vmlinuz, disks, parameters: [], restarts: false };
}
