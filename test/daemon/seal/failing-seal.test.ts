import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sealFolderOf } from "../../../daemon/seal/seal-folder.ts";
import { verifyLog } from "../../../daemon/seal/verify-log.ts";
import { filesOf } from "./mutations.ts";
import { openSealed, recordLine, type Sealed } from "./sealed-fixture.ts";

async function writeRecords(sealed: Sealed, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) await sealed.write(recordLine(number));
}

async function assertWhole({ path }: Sealed): Promise<void> {
  const { faults, intact, sealed, unsealed } = await verifyLog({ path, witnessed: [] });
  assert.deepEqual({ faults, missing: sealed - intact, unsealed }, { faults: [], missing: 0, unsealed: 0 });
}

/** Puts a folder in the place of a file of the seal, so that it cannot be written. */
async function without(sealed: Sealed, name: string, work: () => Promise<void>): Promise<void> {
  const path = join(sealFolderOf(sealed.path), name);
  const isThere = name !== "lock";
  if (isThere) renameSync(path, `${path}.aside`);
  mkdirSync(path);
  await work();
  rmdirSync(path);
  if (isThere) renameSync(`${path}.aside`, path);
}

test("a file that is begun while the seal cannot be written is sealed as a file of its own", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 10);
  await without(sealed, "segments", async () => {
    renameSync(sealed.path, `${sealed.path}-20261201`);
    await writeRecords(sealed, 10, 12);
  });
  await writeRecords(sealed, 12, 20);
  await assertWhole(sealed);
});

test("lines of a crash are sealed, though logrotate renamed the file before the start", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 10);
  await sealed.log.release();
  appendFileSync(sealed.path, `${recordLine(10)}\n`);
  renameSync(sealed.path, `${sealed.path}-20261201`);
  await sealed.restart();
  await writeRecords(sealed, 11, 14);
  assert.deepEqual(sealed.findings.at(-1), { kind: "unsealed lines", count: 1 });
  await assertWhole(sealed);
});

test("files that were written and rotated while the seal could not be opened are sealed then", async () => {
  await using sealed = openSealed({ maxBytes: 1000 });
  await writeRecords(sealed, 0, 3);
  await sealed.log.release();
  await without(sealed, "lock", async () => {
    await sealed.restart();
    await writeRecords(sealed, 3, 30);
  });
  assert.equal(sealed.troubles.includes(undefined), false, "nothing says that it is sealed again before it is");
  await writeRecords(sealed, 30, 33);
  assert.equal(sealed.troubles.at(-1), undefined);
  const texts = (await filesOf(sealed.path)).map((path) => readFileSync(path, "utf8"));
  assert.ok(
    texts.join("").includes('"kind":"unsealed lines"'),
    "the log says what was found, without waiting for the next rotation",
  );
  await assertWhole(sealed);
});

test("records are written while the seal fails, however slowly", { timeout: 10_000 }, async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 3);
  // The fixture's clock runs a second with each look: each try takes longer than a second.
  await without(sealed, "checkpoints", async () => writeRecords(sealed, 3, 6));
  assert.equal(readFileSync(sealed.path, "utf8").trimEnd().split("\n").length, 7);
});

test("a log that cannot be rotated is sealed further", async () => {
  await using sealed = openSealed({ maxBytes: 500 });
  mkdirSync(`${sealed.path}.1`);
  await writeRecords(sealed, 0, 12);
  await assertWhole(sealed);
});

test("a seal that is removed while it is written begins anew, and the log says so", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 5);
  rmSync(sealFolderOf(sealed.path), { recursive: true });
  await writeRecords(sealed, 5, 10);
  assert.deepEqual(sealed.findings.slice(-3), [
    { kind: "removed", size: 6 },
    { kind: "begins", size: 0 },
    { kind: "unsealed lines", count: 6 },
  ]);
  await assertWhole(sealed);
});
