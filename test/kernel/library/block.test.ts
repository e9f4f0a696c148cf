import assert from "node:assert/strict";
import { fsyncSync, openSync, closeSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows, type Counts } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { LoopDevice } from "../support/loop-device.ts";
import { NamedProgram } from "../support/named-program.ts";

const MIB = 1 << 20;

/** Past the page cache, so that each read and write is a request of its own. */
function direct(dd: NamedProgram, from: string, to: string, size: number, count: number): void {
  const way = from === "/dev/zero" ? "oflag=direct" : "iflag=direct";
  const { status, stderr } = dd.run(`if=${from}`, `of=${to}`, `bs=${size}`, `count=${count}`, "conv=notrunc", way);
  assert.equal(status, 0, stderr);
}

kernelTest("small-block-io and block-io-by-process count requests by device and program", async () => {
  using disk = new LoopDevice(8 * MIB);
  using dd = new NamedProgram("bw-dd", "/bin/dd");
  await using small = new LoadedRule(libraryRule("small-block-io"));
  await using bytes = new LoadedRule(libraryRule("block-io-by-process"));
  direct(dd, "/dev/zero", disk.path, 4096, 20);
  direct(dd, disk.path, "/dev/null", 16_384, 20);
  // Whether dd gives a request to the driver or a thread of the kernel does it for dd is the
  // kernel's choice.
  const device = disk.number;
  const requests = await countedRows(small, { device });
  assert.deepEqual(
    total(requests, ({ requests: number = 0 }) => number),
    40,
  );
  assert.deepEqual(
    total(requests, ({ requests: number = 0, size = 0 }) => number * size),
    20 * 16_384 + 20 * 4096,
  );
  const moved = await countedRows(bytes, { device });
  assert.deepEqual(
    total(moved, ({ read = 0 }) => read),
    20 * 16_384,
  );
  assert.deepEqual(
    total(moved, ({ written = 0 }) => written),
    20 * 4096,
  );
});

kernelTest("disk-flushes counts by device", async () => {
  using disk = new LoopDevice(8 * MIB);
  using dd = new NamedProgram("bw-dd", "/bin/dd");
  await using rule = new LoadedRule(libraryRule("disk-flushes"));
  const fd = openSync(disk.path, "r+");
  for (let n = 0; n < 3; n++) fsyncSync(fd);
  closeSync(fd);
  const flushes = dd.run("if=/dev/zero", `of=${disk.path}`, "bs=4096", "count=5", "conv=fsync");
  assert.equal(flushes.status, 0);
  assert.deepEqual(await counted(rule, { device: disk.number, comm: dd.name }), { value: 1 });
});

function total(rows: readonly { readonly counts: Counts }[], of: (counts: Counts) => number): number {
  return rows.reduce((sum, { counts }) => sum + of(counts), 0);
}
