import type { Machine } from "../boot.ts";
import { guests } from "../guests.ts";
import { kernelImage } from "../kernel-image.ts";
import { packageDisk } from "./package-disk.ts";
import { systemImage } from "./system-image.ts";
import { type System, systemArchitecture } from "./systems.ts";

/** The console is for the steps of the test. */
const QUIET = ["systemd.show_status=0", "systemd.log_level=err", "systemd.getty_auto=no"];

/**
 * Returns the machine of a system, with the package of the checkout as it is now.
 * @param folder for images that are made anew
 */
export async function systemMachine(system: System, folder: string): Promise<Machine> {
  const guest = guests.find(({ name }) => name === system.kernel);
  if (guest === undefined) throw new Error(`expected a guest "${system.kernel}" in guests.ts`);
  const root = await systemImage(system);
  const { vmlinuz, modules } = await kernelImage(guest);
  const disks = [root, modules, await packageDisk(folder)];
  return { architecture: systemArchitecture, vmlinuz, disks, parameters: QUIET, restarts: true };
}
