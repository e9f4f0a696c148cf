import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { listSafeFolder, readSafeFile } from "../../../daemon/rules/safe-file.ts";
import { unsafeParent } from "../../../daemon/rules/safe-parents.ts";
import { currentTrust } from "../../../daemon/rules/trust.ts";

const USER = 65_534;
const trust = currentTrust({});

function rootFolder(): Disposable & { readonly file: string; readonly folder: string } {
  const path = mkdtempSync(join(tmpdir(), "access-list-"));
  const [file, folder] = [join(path, "a.yaml"), join(path, "below")];
  mkdirSync(folder);
  writeFileSync(file, "rule: a\n");
  return { file, folder, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Returns the fault of a file, by the end of its message. */
const faultOf = (path: string, whose = trust): string | undefined =>
  readSafeFile(path, whose).diagnostics[0]?.message.replace(/^.* found that /, "");
const setfacl = (entries: string, path: string): Buffer => execFileSync("setfacl", ["-m", entries, path]);
/** True if the kernel lets a user write. */
function canWrite(path: string, uid: number, gid: number): boolean {
  try {
    const ids = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
    execFileSync("setpriv", [...ids, "sh", "-c", ': >>"$0"', path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

suite("access control lists", { skip: process.getuid?.() !== 0 }, () => {
  test("a file that a list lets somebody write is refused, though its mode shows root's group", () => {
    using root = rootFolder();
    chmodSync(join(root.file, ".."), 0o755);
    for (const [entries, fault, gid] of [
      [`u:${USER}:rw`, `the user id ${USER} can`, 77],
      [`g:77:rw`, "the group id 77 can", 77],
    ] as const) {
      setfacl(entries, root.file);
      assert.equal(statSync(root.file).mode & 0o777, 0o664);
      assert.equal(statSync(root.file).gid, 0);
      assert.ok(canWrite(root.file, USER, gid));
      assert.equal(faultOf(root.file), fault);
      execFileSync("setfacl", ["-b", root.file]);
      assert.equal(faultOf(root.file), undefined);
    }
  });

  test("rights that the mask removes, and rights of root, are accepted", () => {
    using root = rootFolder();
    chmodSync(join(root.file, ".."), 0o755);
    setfacl(`u:${USER}:rw`, root.file);
    chmodSync(root.file, 0o644);
    assert.ok(!canWrite(root.file, USER, 77));
    assert.equal(faultOf(root.file), undefined);
    setfacl(`u:${USER}:r,u:0:rw,g::r,m::rw`, root.file);
    chownSync(root.file, 0, 77);
    assert.equal(statSync(root.file).mode & 0o777, 0o664);
    assert.ok(!canWrite(root.file, USER, 77));
    assert.equal(faultOf(root.file), undefined);
  });

  test("a file without a list is judged by its group: root's and the caller's own are safe", () => {
    using root = rootFolder();
    chmodSync(root.file, 0o664);
    assert.equal(faultOf(root.file), undefined);
    chownSync(root.file, 0, 77);
    assert.equal(faultOf(root.file), "the group id 77 can");
    const sudo = currentTrust({ SUDO_UID: "77", SUDO_GID: "77" });
    assert.equal(faultOf(root.file, sudo), undefined);
    setfacl(`u:${USER}:rw`, root.file);
    assert.equal(faultOf(root.file, sudo), `the user id ${USER} can`);
  });

  test("apply to folders too, and to the folders above", () => {
    using root = rootFolder();
    setfacl(`u:${USER}:rwx`, root.folder);
    assert.match(listSafeFolder(root.folder, trust).diagnostics[0]?.message ?? "", /that the user id 65534 can$/);
    const fault = unsafeParent(join(root.folder, "r.yaml"), trust);
    assert.match(fault?.message ?? "", /found ".*\/below", which the user id 65534 can write$/);
    execFileSync("sh", ["-c", fault?.help ?? "false"]);
    assert.equal(unsafeParent(join(root.folder, "r.yaml"), trust), undefined);
  });
});
