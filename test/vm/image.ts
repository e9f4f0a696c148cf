import { closeSync, openSync, writeSync } from "node:fs";
import { command } from "./command.ts";

/**
 * Features that the tool knows and Linux 5.10 does not: orphan_file is from 5.15, and a checksum
 * seed of its own keeps 5.10's e2fsck from working.
 */
const FEATURES = "^orphan_file,^metadata_csum_seed";

/** Room for what a guest writes, such as the files that fill the page cache; the image is sparse. */
const SPARE_MIB = 3072;

/** The usual start of partitions, which leaves the first sector for the partition table. */
const PARTITION_START_BYTES = 2 ** 20;

/** The mark that makes a disk's partition table the one that is booted from. */
const DISK_SIGNATURE = 0x62706677;

/**
 * The name of the only partition of a disk made by `makeBootDisk`, as the kernel's command line has
 * it; Linux's block/partitions/msdos.c.
 */
export const BOOT_PARTITION = `PARTUUID=${DISK_SIGNATURE.toString(16)}-01`;

/**
 * Makes a disk image with an ext4 file system of the files in a folder.
 * @param root folder whose content becomes the file system's
 * @param image path of the file to write
 * @param label that a guest finds the disk by: which disk Linux finds first is chance
 */
export async function makeDisk(root: string, image: string, label: string): Promise<void> {
  await makeFileSystem(root, image, label, 0);
}

/**
 * Makes a disk image with a partition, which is one that the kernel alone can find: it knows
 * partitions by name, not file systems.
 * @param root folder whose content becomes the file system's
 * @param image path of the file to write
 */
export async function makeBootDisk(root: string, image: string): Promise<void> {
  const sizeMiB = await makeFileSystem(root, image, "root", PARTITION_START_BYTES);
  const sector = partitionTable(PARTITION_START_BYTES / 512, (sizeMiB * 2 ** 20) / 512);
  const file = openSync(image, "r+");
  try {
    writeSync(file, sector, 0, sector.length, 0);
  } finally {
    closeSync(file);
  }
}

async function makeFileSystem(root: string, image: string, label: string, offset: number): Promise<number> {
  const usedMiB = Number.parseInt(await command("du", ["-sm", root]), 10);
  const sizeMiB = Math.ceil(usedMiB * 1.2) + SPARE_MIB;
  const options = ["-q", "-t", "ext4", "-O", FEATURES, "-m", "0", "-L", label, "-E", `offset=${offset}`];
  await command("mke2fs", [...options, "-d", root, image, `${sizeMiB}M`]);
  return sizeMiB;
}

/**
 * Returns a master boot record with one partition for Linux, which reads only these fields.
 */
function partitionTable(startSector: number, sectors: number): Buffer {
  const record = Buffer.alloc(512);
  record.writeUInt32LE(DISK_SIGNATURE, 440);
  record.writeUInt8(0x83, 446 + 4);
  record.writeUInt32LE(startSector, 446 + 8);
  record.writeUInt32LE(sectors, 446 + 12);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}
