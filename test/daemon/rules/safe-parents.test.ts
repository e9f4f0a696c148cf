import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRuleFolder } from "../../../daemon/rules/read-rule-folder.ts";
import { unsafeParent } from "../../../daemon/rules/safe-parents.ts";
import { currentTrust } from "../../../daemon/rules/trust.ts";

const trust = currentTrust({});

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "safe-parents-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("a folder above that everybody can write is refused, unless it is sticky", () => {
  using root = folder();
  const rules = join(root.path, "a/b/rules.d");
  mkdirSync(rules, { recursive: true });
  assert.equal(unsafeParent(rules, trust), undefined);
  chmodSync(join(root.path, "a"), 0o777);
  const fault = unsafeParent(rules, trust);
  assert.match(fault?.message ?? "", /found ".*\/a", which everybody can write$/);
  assert.equal(fault?.help, `chmod go-w ${join(root.path, "a")}`);
  chmodSync(join(root.path, "a"), 0o1777);
  assert.equal(unsafeParent(rules, trust), undefined);
});

test("the folders above the target of a link count too", () => {
  using root = folder();
  mkdirSync(join(root.path, "open/rules.d"), { recursive: true });
  mkdirSync(join(root.path, "shut"));
  symlinkSync(join(root.path, "open"), join(root.path, "shut/link"));
  chmodSync(join(root.path, "open"), 0o777);
  assert.match(
    unsafeParent(join(root.path, "shut/link/rules.d"), trust)?.message ?? "",
    /found ".*\/open", which .* can write$/,
  );
});

test("a folder above of another user is refused", { skip: process.getuid?.() !== 0 }, () => {
  using root = folder();
  mkdirSync(join(root.path, "a/rules.d"), { recursive: true });
  chownSync(join(root.path, "a"), 65_534, 65_534);
  assert.match(unsafeParent(join(root.path, "a/rules.d"), trust)?.message ?? "", /belongs to the user id 65534$/);
});

test("no rule is read from below such a folder", async () => {
  using root = folder();
  const rules = join(root.path, "a/rules.d");
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, "r.yaml"), "rule: r\nprobe: interval:1s\naggregate: count()\n");
  const defaults = { windowMs: 60_000, keyLimit: 10, ringBytes: 65_536 };
  assert.equal((await readRuleFolder([rules], defaults, trust)).rules.length, 1);
  chmodSync(join(root.path, "a"), 0o777);
  const found = await readRuleFolder([rules], defaults, trust);
  assert.deepEqual([found.rules.length, found.diagnostics[0]?.code], [0, "unsafe-file"]);
});
