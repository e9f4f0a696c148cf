import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { isRuleFileName } from "../../../daemon/rules/list-rule-files.ts";
import { readRuleFolder } from "../../../daemon/rules/read-rule-folder.ts";
import { currentTrust } from "../../../daemon/rules/trust.ts";
import { DEFAULTS } from "../../diagnostics/check-file.ts";

const isRoot = process.getuid?.() === 0;

describe("readRuleFolder", () => {
  test("takes later folders before earlier ones, by file name, and a link to /dev/null removes a file", async (context) => {
    const [vendor, local] = folders(context);
    rule(vendor, "10-a.yaml", "vendor-a");
    rule(vendor, "20-b.yaml", "vendor-b");
    rule(vendor, "30-c.yaml", "vendor-c");
    rule(local, "20-b.yaml", "local-b");
    rule(local, "05-first.yml", "local-first");
    symlinkSync("/dev/null", join(local, "30-c.yaml"));
    const { rules, files, diagnostics } = await readRuleFolder([vendor, local, join(local, "none")], DEFAULTS);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      rules.map(({ name }) => name.text),
      ["local-first", "vendor-a", "local-b"],
    );
    assert.deepEqual(
      files.map(({ path }) => path),
      [join(local, "05-first.yml"), join(vendor, "10-a.yaml"), join(local, "20-b.yaml")],
    );
  });

  test("reports broken links: as broken files, or as ignored ones", async (context) => {
    const [, folder] = folders(context);
    symlinkSync("nowhere/r.yaml", join(folder, "r.yaml"));
    symlinkSync("nowhere/team", join(folder, "team"));
    const { ignored, diagnostics } = await readRuleFolder([folder], DEFAULTS);
    assert.deepEqual(ignored, [{ path: join(folder, "team"), reason: "it is a broken link" }]);
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      ["expected a file, found a broken link"],
    );
  });

  test("keeps the rules of other files if one is broken, and names it", async (context) => {
    const [, folder] = folders(context);
    rule(folder, "a.yaml", "a");
    writeFileSync(join(folder, "b.yaml"), "rule: }");
    rule(folder, "c.yaml", "a");
    const { rules, files, diagnostics } = await readRuleFolder([folder], DEFAULTS);
    assert.deepEqual(
      rules.map(({ name }) => name.text),
      ["a"],
    );
    assert.deepEqual(
      files.map(({ broken }) => broken),
      [false, true, false],
    );
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ["yaml-syntax", "duplicate-rule"],
    );
  });

  test("reports a folder without access as broken, not as empty", async (context) => {
    const [, folder] = folders(context);
    const hidden = join(folder, "hidden");
    mkdirSync(hidden);
    chmodSync(folder, 0o600);
    if (isRoot) process.seteuid?.(65534);
    try {
      const { diagnostics } = await readRuleFolder([hidden], DEFAULTS);
      assert.deepEqual(
        diagnostics.map(({ code, message }) => [code, message]),
        [["unreadable-file", "permission denied"]],
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
  });

  test("does not wait for a pipe", async (context) => {
    const [, folder] = folders(context);
    execFileSync("mkfifo", [join(folder, "pipe.yaml")]);
    const { diagnostics } = await readRuleFolder([folder], DEFAULTS);
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      ["expected a regular file, found a pipe"],
    );
  });

  test(
    "refuses files of other users, and takes those of sudo's caller",
    { skip: !isRoot && "needs root to give files away" },
    async (context) => {
      const [, folder] = folders(context);
      rule(folder, "a.yaml", "a");
      chownSync(join(folder, "a.yaml"), 1000, 1000);
      chmodSync(join(folder, "a.yaml"), 0o664);
      const codesFor = async (environment: NodeJS.ProcessEnv): Promise<readonly string[]> =>
        (await readRuleFolder([folder], DEFAULTS, currentTrust(environment, 0))).diagnostics.map(({ code }) => code);
      assert.deepEqual(await codesFor({}), ["unsafe-file"]);
      assert.deepEqual(await codesFor({ SUDO_UID: "1001", SUDO_GID: "1001" }), ["unsafe-file"]);
      assert.deepEqual(await codesFor({ SUDO_UID: "1000", SUDO_GID: "1000" }), []);
      assert.deepEqual(await codesFor({ SUDO_UID: "1000", SUDO_GID: "100" }), ["unsafe-file"]);
    },
  );
});

test("isRuleFileName", () => {
  const names = [
    "a.yaml",
    "10-b.yml",
    ".a.yaml",
    "a.yaml~",
    "a.yaml.dpkg-new",
    "a.dpkg-old.yaml",
    ".a.yaml.swp",
    "a.test.yaml",
    "README.md",
    "a.json",
  ];
  assert.deepEqual(names.filter(isRuleFileName), ["a.yaml", "10-b.yml"]);
});

test("only root reads SUDO_UID", () => {
  assert.deepEqual([...currentTrust({ SUDO_UID: "7" }, 1000).owners], [0, 1000]);
  assert.deepEqual([...currentTrust({ SUDO_UID: "" }, 0).owners], [0]);
});

function folders(context: TestContext): readonly [string, string] {
  const root = mkdtempSync(join(tmpdir(), "bpfwarden-"));
  context.after(() => rmSync(root, { recursive: true }));
  const both = [join(root, "vendor"), join(root, "local")] as const;
  for (const folder of both) mkdirSync(folder, { mode: 0o755 });
  return both;
}

function rule(folder: string, file: string, name: string): void {
  writeFileSync(join(folder, file), `rule: ${name}\nprobe: tracepoint:a:b\naggregate: count()\n`, { mode: 0o644 });
}
