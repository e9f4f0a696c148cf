import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { suite, test, type TestContext } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { root } from "../../packaging/setup/paths.mjs";

const LAUNCHER = join(root, manifest.bin.bpfwarden);

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-launcher-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

suite("bpfwarden of a checkout", () => {
  test("npx finds it without a request to a registry", (context) => {
    const env = { ...process.env, npm_config_cache: temporaryFolder(context) };
    const { status, stdout } = spawnSync("npx", ["--offline", "bpfwarden", "--version"], {
      ...{ cwd: root, env, encoding: "utf8" },
    });
    assert.deepEqual([status, stdout], [0, `${manifest.version}\n`]);
  });

  test("runs from any folder, by a link too", (context) => {
    const folder = temporaryFolder(context);
    symlinkSync(LAUNCHER, join(folder, "warden"));
    const { status, stdout } = spawnSync("./warden", ["--version"], { cwd: folder, encoding: "utf8" });
    assert.deepEqual([status, stdout], [0, `${manifest.version}\n`]);
  });

  test("passes on the exit code", () => {
    assert.equal(spawnSync(LAUNCHER, ["chekc"], { encoding: "utf8" }).status, 2);
  });

  test("has the flags and the cache of npm start, and so its memory", () => {
    const text = readFileSync(LAUNCHER, "utf8");
    for (const flag of DAEMON_FLAGS) assert.ok(text.includes(` ${flag} `), flag);
    assert.ok(text.includes(`$root/${relative(root, COMPILE_CACHE)}`));
  });
});
