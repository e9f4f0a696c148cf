import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faultLine, faultText } from "../../../daemon/seal/log-fault.ts";
import { sealFolderOf } from "../../../daemon/seal/seal-folder.ts";
import { type LogVerdict, verifyLog } from "../../../daemon/seal/verify-log.ts";
import { openSealed, recordLine, type Sealed } from "./sealed-fixture.ts";

const verdictOf = async ({ path }: Sealed): Promise<LogVerdict> => verifyLog({ path, witnessed: [] });

const textsOf = ({ faults }: LogVerdict): readonly string[] =>
  faults.map(({ fault }) => `${faultLine(fault) ?? "-"}: ${faultText(fault)}`);

async function writeRecords(sealed: Sealed, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) await sealed.write(recordLine(number));
}

test("a line without a line break at the end of a rotated file is found as added", async () => {
  await using sealed = openSealed({ maxBytes: 1000 });
  await writeRecords(sealed, 0, 30);
  const lines = readFileSync(`${sealed.path}.1`, "utf8").trimEnd().split("\n").length;
  appendFileSync(`${sealed.path}.1`, '{"user":"mallory"}');
  assert.deepEqual(textsOf(await verdictOf(sealed)), [`${lines + 1}: 1 line was added: no record was sealed for it`]);
});

test("a line without a line break at the end of the log counts as not proven", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 3);
  appendFileSync(sealed.path, '{"user":"mallory"}');
  const verdict = await verdictOf(sealed);
  assert.deepEqual([verdict.faults, verdict.unsealed], [[], 1]);
});

test("lines of a file that took the place of the log count as not proven", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 3);
  renameSync(sealed.path, `${sealed.path}.1`);
  writeFileSync(sealed.path, '{"user":"mallory"}\n{"user":"mallory"}\n');
  assert.equal((await verdictOf(sealed)).unsealed, 2);
});

test("an older checkpoint after the newest one does not hide the records between them", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 20);
  const checkpoints = join(sealFolderOf(sealed.path), "checkpoints");
  appendFileSync(checkpoints, `${readFileSync(checkpoints, "utf8").split("\n")[4]}\n`);
  const lines = readFileSync(sealed.path, "utf8").split("\n");
  lines[14] = '{"user":"nobody"}';
  writeFileSync(sealed.path, lines.join("\n"));
  assert.deepEqual(textsOf(await verdictOf(sealed)), ["15: record 15 was changed"]);
});

test("an older checkpoint after the newest one does not let the next process seal changed records anew", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 20);
  await sealed.log.release();
  const checkpoints = join(sealFolderOf(sealed.path), "checkpoints");
  appendFileSync(checkpoints, `${readFileSync(checkpoints, "utf8").split("\n")[4]}\n`);
  const lines = readFileSync(sealed.path, "utf8").split("\n");
  lines[14] = (lines[14] ?? "").replace("alice", "carol");
  writeFileSync(sealed.path, lines.join("\n"));
  await sealed.restart();
  await writeRecords(sealed, 20, 21);
  assert.deepEqual(sealed.findings.at(-1), { kind: "goes on", size: 21 });
  assert.deepEqual(textsOf(await verdictOf(sealed)), ["15: record 15 was changed"]);
});

test("a line that was added after changed lines is found, though few lines follow it", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 10);
  const lines = readFileSync(sealed.path, "utf8").split("\n");
  for (const at of [1, 2, 3, 4, 5]) lines[at] = '{"user":"nobody"}';
  lines.splice(9, 0, '{"user":"mallory"}');
  writeFileSync(sealed.path, lines.join("\n"));
  assert.deepEqual(textsOf(await verdictOf(sealed)), [
    "2: records 2 to 6 were changed",
    "10: 1 line was added: no record was sealed for it",
  ]);
});

test("a compressed file that was cut is a fault, and the rest is verified", async () => {
  await using sealed = openSealed({ maxBytes: 1000 });
  await writeRecords(sealed, 0, 30);
  assert.equal(spawnSync("gzip", [`${sealed.path}.1`]).status, 0);
  const compressed = `${sealed.path}.1.gz`;
  truncateSync(compressed, statSync(compressed).size - 12);
  const verdict = await verdictOf(sealed);
  assert.equal(textsOf(verdict)[0], "-: this file cannot be decompressed to its end: unexpected end of file");
  assert.ok(verdict.intact > 11);
});

test("places of files that cannot be are left out", async () => {
  await using sealed = openSealed();
  await writeRecords(sealed, 0, 3);
  appendFileSync(join(sealFolderOf(sealed.path), "segments"), '{"time":"x","first":-5}\n');
  assert.deepEqual(textsOf(await verdictOf(sealed)), []);
});
