import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bootOffset } from "../../../daemon/sample/boot-clock.ts";
import { parsePasswd, userNames } from "../../../daemon/sample/user-names.ts";

test("of lines with one id in passwd the first counts, and broken lines are skipped", () => {
  const text = "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:\n#x:x:5:\nbroken\nempty:x::\n:x:7:\nann:x:1000:1000";
  assert.deepEqual(
    [...parsePasswd(text)],
    [
      [0, "root"],
      [1000, "ann"],
    ],
  );
});

test("a replaced file is read again, a missing one keeps the names", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "user-names-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "passwd");
  let nowMs = 0;
  const nameOf = userNames(() => nowMs, path);
  const later = (): string | undefined => {
    nowMs += 1000;
    return nameOf(1000);
  };
  assert.equal(nameOf(1000), undefined);
  writeFileSync(path, "ann:x:1000:1000\n");
  assert.equal(nameOf(1000), undefined, "at most one look a second");
  assert.equal(later(), "ann");
  writeFileSync(`${path}+`, "bob:x:1000:1000\n");
  renameSync(`${path}+`, path);
  assert.equal(later(), "bob");
  rmSync(path);
  assert.equal(later(), "bob");
});

test("the boot offset takes the middle of two wall clock readings", () => {
  assert.equal(bootOffset(1_000n, 300n, 1_100n), 750n);
});
