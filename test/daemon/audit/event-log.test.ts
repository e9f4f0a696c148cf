import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EventLog } from "../../../daemon/audit/event-log.ts";

/** A folder of one test. */
function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "event-log-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("creates the file with its folders and adds to it", () => {
  using directory = folder();
  const path = join(directory.path, "a/b/audit.jsonl");
  const umask = process.umask(0o077);
  using log = new EventLog(path);
  log.append(["1", "2"]);
  process.umask(umask);
  log.append(["3"]);
  assert.equal(readFileSync(path, "utf8"), "1\n2\n3\n");
  assert.equal(statSync(path).mode & 0o777, 0o640);
});

test("follows logrotate: a renamed or deleted file is replaced by a new one", () => {
  using directory = folder();
  const path = join(directory.path, "log");
  using log = new EventLog(path);
  log.append(["1"]);
  renameSync(path, `${path}.1`);
  log.append(["2"]);
  rmSync(path);
  log.append(["3"]);
  assert.equal(readFileSync(`${path}.1`, "utf8"), "1\n");
  assert.equal(readFileSync(path, "utf8"), "3\n");
});

test("keeps what others write and what an earlier run left", () => {
  using directory = folder();
  const path = join(directory.path, "log");
  writeFileSync(path, '{"complete":1}\n{"cut":');
  using log = new EventLog(path);
  log.append(["1"]);
  appendFileSync(path, "other\n");
  log.append(["2"]);
  assert.equal(readFileSync(path, "utf8"), '{"complete":1}\n{"cut":\n1\nother\n2\n');
});

test("refuses a symbolic link, a folder and a device", () => {
  using directory = folder();
  const link = join(directory.path, "link");
  symlinkSync(join(directory.path, "target"), link);
  for (const path of [link, directory.path, "/dev/null"]) {
    using log = new EventLog(path);
    assert.throws(() => log.append(["1"]), path);
  }
});

test("goes on after a failure", () => {
  using directory = folder();
  const path = join(directory.path, "log");
  symlinkSync("nowhere", path);
  using log = new EventLog(path);
  assert.throws(() => log.append(["1"]));
  rmSync(path);
  log.append(["2"]);
  assert.equal(readFileSync(path, "utf8"), "2\n");
});

/** Adds two sets of lines to the file of its argument, the second one again where it failed, without a limit then. */
const APPEND_TWICE = `
  import { spawnSync } from "node:child_process";
  import { EventLog } from ${JSON.stringify(import.meta.resolve("../../../daemon/audit/event-log.ts"))};
  using log = new EventLog(process.argv[1]);
  log.append(["first"]);
  try {
    log.append(["second", "third", "fourth"]);
  } catch (error) {
    console.log(error.code);
    spawnSync("prlimit", ["--pid", process.pid, "--fsize=unlimited"]);
    log.append(["second", "third", "fourth"]);
  }
`;

/** A limit on a file's size cuts a write as a full disk does. */
test("lines that were written in part are not there twice once they are added again", () => {
  using directory = folder();
  const path = join(directory.path, "log");
  writeFileSync(path, '{"cut":');
  const node = [process.execPath, "--input-type=module-typescript", "--eval", APPEND_TWICE, path];
  const { stdout, stderr } = spawnSync("prlimit", ["--fsize=25:", ...node], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["EFBIG\n", ""]);
  assert.equal(readFileSync(path, "utf8"), '{"cut":\nfirst\nsecond\nthird\nfourth\n');
});
