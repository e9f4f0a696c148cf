import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { EventLog } from "../../../daemon/audit/event-log.ts";

interface Opened extends AsyncDisposable {
  readonly directory: string;
  readonly path: string;
  readonly errors: readonly unknown[];
  append(...lines: readonly string[]): Promise<void>;
}

/** A log in a folder of its own. */
function open({
  maxBytes = Infinity,
  keep = 1,
  name = "log",
  directory = mkdtempSync(join(tmpdir(), "event-log-")),
} = {}): Opened {
  const path = join(directory, name);
  const errors: unknown[] = [];
  const log = new EventLog({ path, maxBytes, keep, onRotationError: (error) => void errors.push(error) });
  return {
    ...{ directory, path, errors },
    append: async (...lines) => log.write(Buffer.from(`${lines.join("\n")}\n`)),
    async [Symbol.asyncDispose]() {
      await log.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const read = (path: string): string => readFileSync(path, "utf8");

test("creates the file with its folders and adds to it", async () => {
  await using log = open({ name: "a/b/audit.jsonl" });
  const umask = process.umask(0o077);
  await log.append("1", "2");
  process.umask(umask);
  await log.append("3");
  assert.equal(read(log.path), "1\n2\n3\n");
  assert.equal(statSync(log.path).mode & 0o777, 0o640);
});

test("follows logrotate: a renamed or deleted file is replaced by a new one", async () => {
  await using log = open();
  await log.append("1");
  renameSync(log.path, `${log.path}.1`);
  await log.append("2");
  rmSync(log.path);
  await log.append("3");
  assert.equal(read(`${log.path}.1`), "1\n");
  assert.equal(read(log.path), "3\n");
});

test("keeps lines of other processes and of an earlier run", async () => {
  await using log = open();
  writeFileSync(log.path, '{"complete":1}\n{"cut":');
  await log.append("1");
  appendFileSync(log.path, "other\n");
  await log.append("2");
  assert.equal(read(log.path), '{"complete":1}\n{"cut":\n1\nother\n2\n');
});

test("refuses a symbolic link, a folder and a device", async () => {
  await using log = open({ name: "link" });
  symlinkSync(join(log.directory, "target"), log.path);
  for (const name of ["link", "."]) await assert.rejects(open({ directory: log.directory, name }).append("1"), name);
  await assert.rejects(open({ directory: "/dev", name: "null" }).append("1"));
  assert.ok(!existsSync(join(log.directory, "target")));
});

test("continues after a failure", async () => {
  await using log = open();
  symlinkSync("nowhere", log.path);
  await assert.rejects(log.append("1"));
  rmSync(log.path);
  await log.append("2");
  assert.equal(read(log.path), "2\n");
});

suite("rotation", () => {
  test("happens before a line that would make the file too large, and keeps the configured number of files", async () => {
    await using log = open({ maxBytes: 10, keep: 3 });
    for (let n = 100; n < 120; n++) await log.append(String(n));
    assert.deepEqual(readdirSync(log.directory).toSorted(), ["log", "log.1", "log.2", "log.3"]);
    assert.deepEqual(
      ["log", "log.1", "log.2", "log.3"].map((name) => read(join(log.directory, name))),
      ["118\n119\n", "116\n117\n", "114\n115\n", "112\n113\n"],
    );
    await log.append("a line that is longer than the limit");
    assert.equal(read(log.path), "a line that is longer than the limit\n");
  });

  test("leaves the new file the mode and the owner of the old one", async () => {
    await using log = open({ maxBytes: 5, keep: 2 });
    await log.append("1");
    chmodSync(log.path, 0o600);
    if (process.getuid?.() === 0) chownSync(log.path, 65_534, 65_534);
    const { uid, gid } = statSync(log.path);
    await log.append("2", "3", "4");
    const now = statSync(log.path);
    assert.deepEqual([now.mode & 0o777, now.uid, now.gid], [0o600, uid, gid]);
    assert.equal(read(`${log.path}.1`), "1\n");
  });

  test("continues after an earlier one that was interrupted, and loses nothing", async () => {
    await using log = open({ maxBytes: 4, keep: 4 });
    // 2 was renamed to 3 already, 1 not yet to 2.
    writeFileSync(`${log.path}.3`, "1\n");
    writeFileSync(`${log.path}.1`, "2\n");
    writeFileSync(log.path, "3\n");
    await log.append("4");
    await log.append("5");
    assert.deepEqual(
      ["log.3", "log.2", "log.1", "log"].map((name) => read(join(log.directory, name))),
      ["1\n", "2\n", "3\n4\n", "5\n"],
    );
  });

  test("never follows a link", async () => {
    await using log = open({ maxBytes: 2, keep: 2 });
    const target = join(log.directory, "target");
    writeFileSync(target, "precious");
    symlinkSync(target, `${log.path}.1`);
    for (const line of ["1", "2", "3", "4"]) await log.append(line);
    assert.equal(read(target), "precious");
    assert.deepEqual([read(`${log.path}.1`), read(`${log.path}.2`)], ["3\n", "2\n"]);
  });

  test("that fails is reported, and no line is lost", async () => {
    await using log = open({ maxBytes: 2, keep: 1 });
    mkdirSync(`${log.path}.1`);
    for (const line of ["1", "2", "3"]) await log.append(line);
    assert.equal(read(log.path), "1\n2\n3\n");
    assert.equal(log.errors.length, 2);
  });

  test("ends a line that was cut", async () => {
    await using log = open({ maxBytes: 12, keep: 1 });
    writeFileSync(log.path, '1\n{"cut":');
    await log.append("second");
    assert.deepEqual([read(`${log.path}.1`), read(log.path)], ['1\n{"cut":\n', "second\n"]);
  });
});

/**
 * Adds two sets of lines to the file of its argument, the second one again where it failed, without
 * a limit then.
 */
const APPEND_TWICE = `
  import { spawnSync } from "node:child_process";
  import { EventLog } from ${JSON.stringify(import.meta.resolve("../../../daemon/audit/event-log.ts"))};
  const log = new EventLog({ path: process.argv[1], maxBytes: Infinity, keep: 1, onRotationError: () => undefined });
  await log.write(Buffer.from("first\\n"));
  const more = Buffer.from("second\\nthird\\nfourth\\n");
  try {
    await log.write(more);
  } catch (error) {
    console.log(error.code);
    spawnSync("prlimit", ["--pid", process.pid, "--fsize=unlimited"]);
    await log.write(more);
  }
`;

/** A limit on a file's size cuts a write as a full disk does. */
test("lines that were written in part are not duplicated when they are written again", async () => {
  await using log = open();
  writeFileSync(log.path, '{"cut":');
  const node = [process.execPath, "--input-type=module-typescript", "--eval", APPEND_TWICE, log.path];
  const { stdout, stderr } = spawnSync("prlimit", ["--fsize=25:", ...node], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["EFBIG\n", ""]);
  assert.equal(read(log.path), '{"cut":\nfirst\nsecond\nthird\nfourth\n');
});
