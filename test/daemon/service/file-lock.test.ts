import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LockedByAnother, lockFile } from "../../../daemon/service/file-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-lock-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "made/lock");

/** flock(1) has the file until it is killed. */
async function holder(): Promise<ChildProcess> {
  const child = spawn("flock", ["--no-fork", path, "sh", "-c", "echo locked; exec sleep 1000"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  return child;
}

function canLock(): boolean {
  return spawnSync("flock", ["--nonblock", path, "true"]).status === 0;
}

test("a lock excludes others until it is released, and names its process", async () => {
  const lock = await lockFile(path, 0);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.equal(canLock(), false);
  await assert.rejects(lockFile(path, 0), { pid: process.pid });
  await lock[Symbol.asyncDispose]();
  assert.equal(existsSync(path), false);
});

test("a killed process, and the file that it left, do not prevent locking", async () => {
  writeFileSync(path, "1\n");
  const child = await holder();
  await assert.rejects(lockFile(path, 0), { pid: 1 });
  writeFileSync(path, "");
  await assert.rejects(lockFile(path, 0), (error) => error instanceof LockedByAnother && error.pid === undefined);
  child.kill("SIGKILL");
  await once(child, "exit");
  await using lock = await lockFile(path, 0);
  assert.equal(await lock.isInPlace(), true);
});

test("a process that ends meanwhile is waited for", async () => {
  const child = await holder();
  const waiting = lockFile(path, 60_000);
  child.kill("SIGKILL");
  await using lock = await waiting;
  assert.equal(await lock.isInPlace(), true);
});

test("a deleted file is no longer locked", async () => {
  await using lock = await lockFile(path, 0);
  rmSync(path);
  assert.equal(await lock.isInPlace(), false);
  await using second = await lockFile(path, 0);
  assert.deepEqual([await lock.isInPlace(), await second.isInPlace()], [false, true]);
});

test("the reason is thrown if the file cannot be created", async () => {
  await assert.rejects(lockFile("/proc/no/such/lock", 0), { code: "ENOENT" });
});
