import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseMount } from "../../../daemon/rules/mounts.ts";
import { bpfwarden, type Outcome } from "../cli/run-command.ts";

const RULE = "rule: r\\nprobe: tracepoint:sched:sched_switch\\naggregate: count()\\n";

/**
 * As the kubelet writes a ConfigMap: the volume's folder has the mode 0777, and the files are links
 * to a folder that changes as a whole.
 */
const CONFIG_MAP = `
  mkdir -p "$0/volume" "$0/etc/rules.d"
  mount -t tmpfs -o mode=0777 configmap "$0/volume"
  mkdir -m 0755 "$0/volume/..2026_11_29"
  printf '${RULE}' >"$0/volume/..2026_11_29/r.yaml"
  ln -s ..2026_11_29 "$0/volume/..data"
  ln -s ..data/r.yaml "$0/volume/r.yaml"
  mount --bind "$0/volume" "$0/etc/rules.d"
`;
const READ_ONLY = `mount -o remount,bind,ro "$0/etc/rules.d"`;

/**
 * Returns the result of `check` after these commands have mounted the rules: `$0` is a folder of
 * root's.
 */
function checkMounted(commands: string, mode: number): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-mounts-"));
  try {
    chmodSync(folder, mode);
    mkdirSync(join(folder, "etc"));
    const script = `set -e; ${commands}\nexec "$@"`;
    return bpfwarden(["check", join(folder, "etc")], ["unshare", "--mount", "sh", "-c", script, folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

suite("rules on a mount that is read-only", { skip: process.getuid?.() !== 0 }, () => {
  test("a ConfigMap's folder of mode 0777 is read on a mount without write access", () => {
    const outcome = checkMounted(`${CONFIG_MAP}${READ_ONLY}; umount "$0/volume"`, 0o755);
    assert.deepEqual([outcome.exit, outcome.errors], [0, ""]);
    assert.match(outcome.output, /^1 rule in 1 file checked, no problem found$/m);
  });

  test("it is refused on a mount with write access", () => {
    const { exit, errors } = checkMounted(CONFIG_MAP, 0o755);
    assert.equal(exit, 1);
    assert.match(errors, /found that everybody can \[unsafe-file\]/);
  });

  test("it is refused if another mount leads to it, unless that is inside a folder without access for others", () => {
    const { exit, errors } = checkMounted(`${CONFIG_MAP}${READ_ONLY}`, 0o755);
    assert.equal(exit, 1);
    assert.match(errors, /found that everybody can \[unsafe-file\]/);
    assert.equal(checkMounted(`${CONFIG_MAP}${READ_ONLY}`, 0o700).exit, 0);
  });

  test("it is read if the whole file system is read-only", () => {
    const outcome = checkMounted(`${CONFIG_MAP}mount -o remount,ro "$0/volume"`, 0o755);
    assert.deepEqual([outcome.exit, outcome.errors], [0, ""]);
  });
});

test("a line of mountinfo has the mount point and the mounted folder of the file system", () => {
  const line = "36 35 98:0 /a\\040b /mnt\\134x ro,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue";
  assert.deepEqual(parseMount(line), [
    { id: "36", device: "98:0", root: "/a b", point: "/mnt\\x", isReadOnly: true, isFileSystemReadOnly: false },
  ]);
});
