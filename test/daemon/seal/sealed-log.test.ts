import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faultLine, faultText } from "../../../daemon/seal/log-fault.ts";
import { keyText, verifierKey } from "../../../daemon/seal/note.ts";
import { sealFolderOf } from "../../../daemon/seal/seal-folder.ts";
import { type LogVerdict, verifyLog } from "../../../daemon/seal/verify-log.ts";
import { witnessedIn } from "../../../daemon/seal/witness.ts";
import { newKey, openSealed, ORIGIN, recordLine, type Sealed } from "./sealed-fixture.ts";

const verdictOf = async ({ path }: Sealed): Promise<LogVerdict> => verifyLog({ path, witnessed: [] });

const textsOf = ({ faults }: LogVerdict): readonly string[] =>
  faults.map(({ fault }) => `${faultLine(fault) ?? "-"}: ${faultText(fault)}`);

test("a log goes on over restarts and rotations, and is as it was sealed", async () => {
  await using sealed = openSealed({ maxBytes: 1000 });
  for (let number = 0; number < 60; number++) {
    await sealed.write(recordLine(number));
    if (number % 17 === 0) await sealed.restart();
  }
  const verdict = await verdictOf(sealed);
  assert.deepEqual(verdict.faults, []);
  assert.ok(verdict.files > 3);
  assert.equal(verdict.intact, verdict.sealed);
  assert.equal(verdict.unsealed, 0);
  const lines = spawnSync("sh", ["-c", `cat ${sealed.path} ${sealed.path}.*[0-9] | wc -l`], { encoding: "utf8" });
  assert.equal(Number(lines.stdout), verdict.sealed);
});

test("logrotate moves and compresses files, whatever it calls them", async () => {
  await using sealed = openSealed();
  await sealed.write(recordLine(1), recordLine(2));
  renameSync(sealed.path, `${sealed.path}-20261130`);
  await sealed.write(recordLine(3));
  renameSync(sealed.path, `${sealed.path}-20261201`);
  await sealed.write(recordLine(4));
  assert.equal(spawnSync("gzip", [`${sealed.path}-20261130`]).status, 0);
  const verdict = await verdictOf(sealed);
  assert.deepEqual(textsOf(verdict), []);
  assert.equal(verdict.files, 3);
  rmSync(`${sealed.path}-20261201`);
  assert.deepEqual(textsOf(await verdictOf(sealed)), ["-: the file with record 4 is missing"]);
});

test("the oldest files may go, and it is said how many records went with them", async () => {
  await using sealed = openSealed({ maxBytes: 1000, keep: 2 });
  for (let number = 0; number < 60; number++) await sealed.write(recordLine(number));
  const verdict = await verdictOf(sealed);
  assert.deepEqual(textsOf(verdict), []);
  assert.equal(verdict.files, 3);
  assert.equal(verdict.notKept + verdict.intact, verdict.sealed);
  assert.ok(verdict.notKept > 0);
});

test("lines that were written without a checkpoint are sealed at the next start, and that is said", async () => {
  await using sealed = openSealed();
  await sealed.write(recordLine(1));
  await sealed.log.release();
  appendFileSync(sealed.path, `${recordLine(2)}\n${recordLine(3)}\n`);
  assert.equal((await verdictOf(sealed)).unsealed, 2);
  await sealed.restart();
  await sealed.write(recordLine(4));
  assert.deepEqual(sealed.findings.at(-1), { kind: "unsealed lines", count: 2 });
  const verdict = await verdictOf(sealed);
  assert.deepEqual([verdict.unsealed, verdict.faults], [0, []]);
});

test("a log that was written before it was sealed is sealed as it is found", async () => {
  await using sealed = openSealed();
  writeFileSync(sealed.path, "an old line\nand another one\n");
  await sealed.write(recordLine(1));
  assert.deepEqual(sealed.findings, [
    { kind: "begins", size: 0 },
    { kind: "unsealed lines", count: 2 },
  ]);
  assert.deepEqual((await verdictOf(sealed)).faults, []);
});

test("a log that was cut while nobody wrote it says so, and verification names the records", async () => {
  await using sealed = openSealed();
  for (let number = 0; number < 10; number++) await sealed.write(recordLine(number));
  await sealed.log.release();
  const lines = readFileSync(sealed.path, "utf8").split("\n");
  truncateSync(sealed.path, Buffer.byteLength(lines.slice(0, 8).join("\n")) + 1);
  await sealed.restart();
  await sealed.write(recordLine(10));
  assert.equal(
    sealed.findings.some(({ kind }) => kind === "cut"),
    true,
  );
  assert.deepEqual(textsOf(await verdictOf(sealed)), ["9: records 9 to 11 are missing before this line"]);
});

test("lines of another process are found as added", async () => {
  await using sealed = openSealed();
  await sealed.write(recordLine(1));
  appendFileSync(sealed.path, "not ours\n");
  await sealed.write(recordLine(2));
  assert.deepEqual(textsOf(await verdictOf(sealed)), ["3: 1 line was added: no record was sealed for it"]);
});

test("a seal that does not fit its checkpoint is set aside, and a new one begins", async () => {
  await using sealed = openSealed();
  await sealed.write(recordLine(1), recordLine(2));
  await sealed.log.release();
  writeFileSync(join(sealFolderOf(sealed.path), "tree-0"), Buffer.alloc(96, 7));
  await sealed.restart();
  await sealed.write(recordLine(3));
  const broken = sealed.findings.find(({ kind }) => kind === "broken seal");
  assert.deepEqual(broken, {
    kind: "broken seal",
    path: join(sealFolderOf(sealed.path), "broken-1"),
    why: "its hashes are not those of its last checkpoint",
  });
  assert.ok(existsSync(join(sealFolderOf(sealed.path), "broken-1", "tree-0")));
});

test("a log that another key signs says so, and it is a fault for anyone who knows the first key", async () => {
  const first = newKey();
  await using sealed = openSealed({ privateKey: first });
  await sealed.write(recordLine(1));
  await sealed.restart(newKey());
  await sealed.write(recordLine(2));
  assert.equal(
    sealed.findings.some(({ kind }) => kind === "other key"),
    true,
  );
  const keys = [verifierKey(ORIGIN, first)];
  const kinds = (await verifyLog({ path: sealed.path, keys, witnessed: [] })).faults.map(({ fault }) => fault.kind);
  assert.deepEqual(kinds.includes("bad signature") && kinds.includes("other key"), true);
});

test("a log that was written anew with its own key does not fit a checkpoint that was mailed", async () => {
  const privateKey = newKey();
  const keys = [verifierKey(ORIGIN, privateKey)];
  await using sealed = openSealed({ privateKey });
  for (let number = 0; number < 5; number++) await sealed.write(recordLine(number));
  const checkpoint = sealed.log.checkpoint ?? "";
  const mail = `Subject: disk is full\n\nIt is.\n-- \nState of a sealed log:\n\n${checkpoint}`;
  await sealed.log.release();
  rmSync(sealFolderOf(sealed.path), { recursive: true });
  writeFileSync(sealed.path, "");
  await sealed.restart();
  for (let number = 0; number < 9; number++) await sealed.write(recordLine(number + 100));
  assert.deepEqual((await verifyLog({ path: sealed.path, keys, witnessed: [] })).faults, []);
  const quoted = mail.replaceAll(/^/gm, "> ");
  const quotedPrintable = mail.replaceAll("=", "=3D").replaceAll("—", "=E2=80=94").replaceAll("audit.j", "aud=\nit.j");
  const base64 = `\n${Buffer.from(mail).toString("base64").replaceAll(/.{76}/g, "$&\n")}\n`;
  for (const text of [mail, quoted, JSON.stringify({ checkpoints: [checkpoint] }), quotedPrintable, base64]) {
    const witnessed = witnessedIn(text, "a mail", keys);
    assert.equal(witnessed.length, 1, text);
    const verdict = await verifyLog({ path: sealed.path, keys, witnessed });
    assert.deepEqual(textsOf(verdict), ["-: the first 6 records are not those of the checkpoint in a mail"]);
  }
});

test("a second process cannot seal the same log", async () => {
  await using sealed = openSealed();
  await sealed.write(recordLine(1));
  const lock = join(sealFolderOf(sealed.path), "lock");
  assert.notEqual(spawnSync("flock", ["-n", lock, "true"]).status, 0);
  await sealed.log.release();
  assert.equal(keyText(verifierKey(ORIGIN, newKey())).startsWith(`${ORIGIN}+`), true);
});
