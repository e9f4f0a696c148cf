import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { WITHOUT_CAPABILITIES } from "./lesser-hosts.ts";
import { bpfwarden } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "bpfwarden-run-"));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));

test("a missing folder, or a file in its place, ends the start", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const path of [join(folder, "missing"), file]) {
    const { exit, output, errors } = bpfwarden(["run", "--config", path]);
    assert.deepEqual([exit, output], [1, ""]);
    assert.equal(
      errors,
      `bpfwarden: error: expected a folder with rules.d and bpfwarden.yaml, found none at "${path}"\n`,
    );
  }
});

test("a kernel that lets the caller load nothing gives one line without a stack", () => {
  const { exit, output, errors } = bpfwarden(["run", "--config", folder], WITHOUT_CAPABILITIES);
  assert.deepEqual([exit, output], [1, ""]);
  assert.match(errors, /^bpfwarden: error: map "control": BPF_MAP_CREATE: .*\(EPERM\): needs CAP_BPF.*\n$/);
});
