import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cgroupPaths } from "../../../daemon/sample/cgroup-paths.ts";

test("a cgroup is named by its path, searched once a second, and still known after its removal", (context) => {
  const mount = mkdtempSync(join(tmpdir(), "bpfwarden-cgroups-"));
  context.after(() => rmSync(mount, { recursive: true }));
  const idOf = (path: string): bigint => statSync(join(mount, path), { bigint: true }).ino;
  mkdirSync(join(mount, "system.slice/ssh.service"), { recursive: true });
  let nowMs = 0;
  const pathOf = cgroupPaths(() => nowMs, mount);
  const ssh = idOf("system.slice/ssh.service");
  assert.deepEqual([pathOf(ssh), pathOf(idOf("/"))], ["/system.slice/ssh.service", "/"]);
  mkdirSync(join(mount, "new.slice"));
  const added = idOf("new.slice");
  assert.equal(pathOf(added), undefined);
  nowMs = 1000;
  assert.equal(pathOf(added), "/new.slice");
  rmdirSync(join(mount, "system.slice/ssh.service"));
  assert.equal(pathOf(ssh), "/system.slice/ssh.service");
});

test("a host without cgroups of version 2 has no paths", () => {
  const pathOf = cgroupPaths(() => 0, undefined);
  assert.equal(pathOf(123_456_789_012n), undefined);
});
