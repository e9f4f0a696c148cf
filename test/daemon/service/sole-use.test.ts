import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SoleUse } from "../../../daemon/service/sole-use.ts";

test("a place whose lock was removed is claimed again, also by many claims at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-sole-use-"));
  const path = join(folder, "lock");
  const canLock = (): boolean => spawnSync("flock", ["--nonblock", path, "true"]).status === 0;
  try {
    await using use = new SoleUse("the state folder");
    await use.claim(folder, path);
    rmSync(path);
    await Promise.all([use.claim(folder, path), use.claim(folder, path), use.claim(folder, path)]);
    assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
    assert.equal(canLock(), false);
    const other = new SoleUse("the state folder");
    await assert.rejects(
      other.claim(folder, path),
      new RegExp(`another bpfwarden, process ${process.pid}, uses the state`),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
