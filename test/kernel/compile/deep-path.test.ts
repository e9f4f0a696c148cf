import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const RULE = `
rule: deep
probe: tracepoint:syscalls:sys_enter_openat
filter: pid == ${String(process.pid)} and str(args.filename) == "/dev/null"
event: {cwd: cwd, exe: exe}
`;

kernelTest("a path with more names than the limit keeps the inner ones and is marked as cut", async () => {
  const root = mkdtempSync(join(tmpdir(), "deep-"));
  const before = process.cwd();
  const names = Array.from({ length: 80 }, (_, index) => `d${String(index)}`);
  const deep = join(root, ...names);
  mkdirSync(deep, { recursive: true });
  await using loaded = new LoadedRule(RULE);
  try {
    process.chdir(deep);
    readFileSync("/dev/null");
    process.chdir(root);
    readFileSync("/dev/null");
  } finally {
    process.chdir(before);
    rmSync(root, { recursive: true });
  }
  const [cut, whole] = loaded.records();
  assert.deepEqual(cut?.truncated, ["cwd"]);
  assert.match(String(cut?.fields["cwd"]), /^\.\.\.\/d\d+\/.*\/d79$/);
  assert.deepEqual(whole?.truncated, []);
  assert.equal(whole?.fields["cwd"], root);
});
