import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { libc } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { LoopDevice } from "../support/loop-device.ts";
import { NamedProgram } from "../support/named-program.ts";

const MIB = 1 << 20;

kernelTest("block-io-latency, block-io-queueing and slow-block-io follow requests by disk", async () => {
  using disk = new LoopDevice(8 * MIB);
  using dd = new NamedProgram("bw-dd", "/bin/dd");
  const name = basename(disk.path);
  await using latency = new LoadedRule(libraryRule("block-io-latency"));
  await using queueing = new LoadedRule(libraryRule("block-io-queueing"));
  await using slow = new LoadedRule(libraryRule("slow-block-io").replace("elapsed > 1s", "elapsed > 1us"));
  const startedMs = performance.now();
  dd.run("if=/dev/zero", `of=${disk.path}`, "bs=4096", "count=20", "seek=16", "oflag=direct");
  dd.run(`if=${disk.path}`, "of=/dev/null", "bs=16384", "count=10", "iflag=direct");
  const tookNs = (performance.now() - startedMs) * 1e6;

  for (const [operation, requests] of [
    ["write", 20],
    ["read", 10],
  ] as const) {
    const {
      value,
      value_p50: middle = 0,
      value_p99: slowest = 0,
    } = await countedOnce(latency, { disk: name, operation });
    assert.equal(value, requests, operation);
    assert.ok(middle > 0 && middle <= slowest && slowest < 1.07 * tookNs, `${middle} and ${slowest} of ${tookNs} ns`);
  }
  const queued = await countedRows(queueing, { disk: name });
  assert.ok(
    queued.length > 0 && queued.every(({ labels }) => (labels["origin"] ?? "").length > 0),
    JSON.stringify(queued),
  );

  const written = slow.records().filter(({ fields }) => fields["disk"] === name && fields["writes"] === true);
  assert.equal(written.length, 20);
  const { disk: where, bytes, sector } = written[0]?.fields ?? {};
  assert.deepEqual([where, bytes, sector], [name, 4096, (16 * 4096) / 512]);
});

kernelTest("random-block-io distinguishes random and sequential requests, by device", async () => {
  using disk = new LoopDevice(8 * MIB);
  using dd = new NamedProgram("bw-dd", "/bin/dd");
  await using rule = new LoadedRule(libraryRule("random-block-io"));
  const read = (skip: number, count: number): unknown =>
    dd.run(`if=${disk.path}`, "of=/dev/null", "bs=4096", `count=${count}`, `skip=${skip}`, "iflag=direct");
  read(0, 11); // ten follow the one before
  for (const page of [900, 300, 700]) read(page, 1);
  assert.deepEqual(await counted(rule, { device: disk.number }), { requests: 13, random: 3 });
});

kernelTest("random-block-io does not count a flush between two writes as a request", async () => {
  using disk = new LoopDevice(8 * MIB);
  using dd = new NamedProgram("bw-dd", "/bin/dd");
  const flushesOf = (): number =>
    Number(
      readFileSync(`/sys/block/${basename(disk.path)}/stat`, "utf8")
        .trim()
        .split(/ +/)[15],
    );
  await using rule = new LoadedRule(libraryRule("random-block-io"));
  const before = flushesOf();
  const { status } = dd.run("if=/dev/zero", `of=${disk.path}`, "bs=4096", "count=20", "oflag=direct,dsync");
  assert.equal(status, 0);
  assert.ok(flushesOf() - before >= 20, "each write is followed by a flush");
  // Others may look at a disk that was written to. With flushes taken for requests all would be
  // random.
  const { requests = 0, random = 0 } = await counted(rule, { device: disk.number });
  assert.ok(requests >= 17 && requests <= 21 && random <= 2, `${random} random of ${requests} requests`);
});

kernelTest("writeback-time measures rounds by device", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-writeback-"));
  await using rule = new LoadedRule(libraryRule("writeback-time"));
  writeFileSync(join(folder, "file"), Buffer.alloc(MIB, 1));
  libc.sync();
  rmSync(folder, { recursive: true });
  const rows = await countedRows(rule, { reason: "sync" });
  assert.ok(
    rows.some(({ counts, labels }) => (counts["value"] ?? 0) > 0 && (labels["device"] ?? "") !== ""),
    JSON.stringify(rows),
  );
});

/** Rows are taken out when they are read: two looks at one rule need what the first one saw. */
const seen = new WeakMap<LoadedRule, Promise<Awaited<ReturnType<typeof countedRows>>>>();

async function countedOnce(
  rule: LoadedRule,
  wanted: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, number>>> {
  const rows = await (seen.get(rule) ?? countedRows(rule, {}));
  seen.set(rule, Promise.resolve(rows));
  const row = rows.find(({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value));
  assert.ok(row !== undefined, JSON.stringify(rows));
  return row.counts;
}
