import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  fsyncSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { LoopDevice } from "../support/loop-device.ts";

const MIB = 1 << 20;

/** A file system of its own, on a block device of its own. */
class MountedDisk implements Disposable {
  readonly folder: string;
  readonly #disk: LoopDevice;

  constructor(type: string, bytes: number) {
    this.#disk = new LoopDevice(bytes);
    execFileSync(`mkfs.${type}`, ["-q", this.#disk.path], { stdio: ["ignore", "ignore", "pipe"] });
    this.folder = mkdtempSync("/run/bpfwarden-disk-");
    assert.equal(libc.mount(this.#disk.path, this.folder, type, 0, null), 0, `mounting ${type}`);
  }

  [Symbol.dispose](): void {
    libc.umount(this.folder, 0);
    rmdirSync(this.folder);
    this.#disk[Symbol.dispose]();
  }
}

/** One open, three writes, two syncs and four reads. */
function use(folder: string): void {
  const fd = openSync(join(folder, "file"), "w+");
  for (let n = 0; n < 3; n++) writeSync(fd, "data", 0);
  for (let n = 0; n < 2; n++) fsyncSync(fd);
  for (let n = 0; n < 4; n++) readSync(fd, Buffer.alloc(4), 0, 4, 0);
  closeSync(fd);
}

async function operationsOf(rule: string, type: string, bytes: number): Promise<Readonly<Record<string, number>>> {
  using disk = new MountedDisk(type, bytes);
  await using loaded = new LoadedRule(libraryRule(rule));
  const startedMs = performance.now();
  use(disk.folder);
  const tookNs = (performance.now() - startedMs) * 1e6;
  const rows = await countedRows(loaded, {});
  for (const { counts } of rows) assert.ok((counts["value_p50"] ?? 0) > 0);
  const slowest = rows.find(({ labels }) => /sync/.test(labels["operation"] ?? ""))?.counts["value_p50"] ?? 0;
  assert.ok(slowest < 1.07 * tookNs, `${slowest} of ${tookNs} ns`);
  return Object.fromEntries(rows.map(({ labels, counts }) => [labels["operation"] ?? "", counts["value"] ?? 0]));
}

kernelTestNeeding("kprobe", "file-system-latency times what ext4 does", async () => {
  const found = await operationsOf("file-system-latency", "ext4", 16 * MIB);
  // the host's own disk may be ext4 as well
  for (const [operation, least] of [
    ["ext4_file_open", 1],
    ["ext4_file_write_iter", 3],
    ["ext4_sync_file", 2],
    ["ext4_file_read_iter", 4],
  ] as const)
    assert.ok((found[operation] ?? 0) >= least, JSON.stringify(found));
});

kernelTestNeeding("kprobe", "xfs-latency times what XFS does", async () => {
  const found = await operationsOf("xfs-latency", "xfs", 320 * MIB);
  assert.deepEqual(found, { xfs_file_open: 1, xfs_file_write_iter: 3, xfs_file_fsync: 2, xfs_file_read_iter: 4 });
});

kernelTestNeeding("kprobe", "dentry-cache-misses counts names that were not known", async () => {
  using disk = new MountedDisk("ext4", 16 * MIB);
  const comm = nameThisThread("bw-names");
  await using rule = new LoadedRule(libraryRule("dentry-cache-misses"));
  await rule.sample(); // what was looked up for attaching it
  for (let round = 0; round < 2; round++)
    for (let n = 0; n < 9; n++) statSync(join(disk.folder, `none-${n}`), { throwIfNoEntry: false });
  assert.deepEqual(await counted(rule, { comm }), { value: 9 });
});

kernelTestNeeding("kprobe", "vfs-calls counts by program and function", async () => {
  using disk = new MountedDisk("ext4", 16 * MIB);
  const comm = nameThisThread("bw-vfs");
  await using rule = new LoadedRule(libraryRule("vfs-calls"));
  for (let n = 0; n < 3; n++) mkdirSync(join(disk.folder, String(n)));
  const fd = openSync(join(disk.folder, "file"), "w");
  for (let n = 0; n < 2; n++) fsyncSync(fd);
  closeSync(fd);
  unlinkSync(join(disk.folder, "file"));
  const rows = await countedRows(rule, { comm });
  const of = (call: string): number | undefined => rows.find(({ labels }) => labels["call"] === call)?.counts["value"];
  assert.deepEqual([of("vfs_mkdir"), of("vfs_fsync_range"), of("vfs_unlink")], [3, 2, 1]);
});

kernelTestNeeding("kprobe", "busiest-files counts bytes by program and file", async () => {
  using disk = new MountedDisk("ext4", 16 * MIB);
  const comm = nameThisThread("bw-busiest");
  await using rule = new LoadedRule(libraryRule("busiest-files"));
  const fd = openSync(join(disk.folder, "bw-busiest-file"), "w+");
  writeSync(fd, Buffer.alloc(10_000));
  readSync(fd, Buffer.alloc(3000), 0, 3000, 0);
  closeSync(fd);
  const rows = await countedRows(rule, { comm, file: "bw-busiest-file" });
  assert.deepEqual(
    rows.map(({ counts }) => counts),
    [{ read: 3000, written: 10_000 }],
  );
});

kernelTest("short-lived-files counts files that are removed soon after their creation", async () => {
  using disk = new MountedDisk("ext4", 16 * MIB);
  const comm = nameThisThread("bw-short");
  writeFileSync(join(disk.folder, "old"), "x");
  await using rule = new LoadedRule(libraryRule("short-lived-files"));
  const startedMs = performance.now();
  for (let n = 0; n < 6; n++) {
    writeFileSync(join(disk.folder, "new"), "x");
    unlinkSync(join(disk.folder, "new"));
  }
  writeFileSync(join(disk.folder, "stays"), "x");
  rmSync(join(disk.folder, "old"));
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { files, lived = 0 } = await counted(rule, { comm });
  assert.equal(files, 6);
  assert.ok(lived > 0 && lived < tookNs, `${lived} of ${tookNs} ns`);
});
