import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const NOBODY = 65_534;

kernelTest("signals-sent tells who ended whom", async () => {
  const comm = nameThisThread("bw-signals");
  await using rule = new LoadedRule(libraryRule("signals-sent"));
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  await once(child, "exit");
  const records = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  assert.equal(records.length, 1);
  const { target, target_pid, comm: sender } = records[0]?.fields ?? {};
  assert.deepEqual({ target, target_pid, sender }, { target: "sleep", target_pid: child.pid, sender: comm });
});

kernelTest("privilege-changes tells who became whom", async () => {
  await using rule = new LoadedRule(libraryRule("privilege-changes"));
  const { pid } = spawnSync("setpriv", [`--reuid=${NOBODY}`, "--clear-groups", "true"]);
  const [record, ...more] = rule.records().filter(({ fields }) => fields["pid"] === pid);
  assert.deepEqual(more, []);
  const { call, uid, euid, comm } = record?.fields ?? {};
  assert.deepEqual({ call, uid, euid, comm }, { call: "setresuid", uid: NOBODY, euid: NOBODY, comm: "setpriv" });
  assert.notEqual(record?.fields["from"], record?.fields["asked"]);
});

kernelTest("mounts tells what was mounted where, and what failed", async () => {
  const target = mkdtempSync(join(tmpdir(), "bpfwarden-mount-"));
  await using rule = new LoadedRule(libraryRule("mounts"));
  assert.equal(libc.mount("bw-source", target, "tmpfs", 6, null), 0);
  assert.equal(libc.mount("bw-source", target, "no-such-type", 0, null), -1);
  assert.equal(libc.umount(target, 0), 0);
  rmdirSync(target);
  const ours = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  const seen = ours.map(({ fields: { call, source, target: at, type, flags, result } }) => [
    call,
    source,
    at,
    type,
    flags,
    result,
  ]);
  assert.deepEqual(seen, [
    ["mount", "bw-source", target, "tmpfs", 6, 0],
    ["mount", "bw-source", target, "no-such-type", 0, -19],
    ["umount", "", target, "", 0, 0],
  ]);
});

kernelTest("sensitive-file-opens tells who read a secret", async () => {
  await using rule = new LoadedRule(libraryRule("sensitive-file-opens"));
  readFileSync("/etc/shadow");
  readFileSync("/etc/passwd");
  assert.throws(() => readFileSync("/etc/sudoers.d/bpfwarden/none"));
  const ours = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  assert.deepEqual(
    ours.map(({ fields: { file, writes } }) => [file, writes]),
    [
      ["/etc/shadow", false],
      ["/etc/sudoers.d/bpfwarden/none", false],
    ],
  );
  const results = ours.map(({ fields }) => Number(fields["result"]));
  assert.ok((results[0] ?? -1) > 0 && results[1] === -2, results.join(" "));
});
