import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { skipWithoutBpf } from "../privilege.ts";

const RULES = join(import.meta.dirname, "../../../rules.d");
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-compile-"));
after(() => rmSync(folder, { recursive: true }));

/**
 * Texts in the output of each stage for a shipped rule: IR has virtual registers and the rule's
 * lines, assembly real ones.
 */
const PRINTED: readonly (readonly [rule: string, stage: string, ...patterns: RegExp[]])[] = [
  ["tcp-retransmits", "ast", /callee: cast\n/],
  ["tcp-retransmits", "typed", /kind: rawtracepoint\n\s+name: tcp_retransmit_skb\n\s+btfId: \d+\n/],
  ["tcp-retransmits", "ir", /\d   v0 = r1\n/, /tcp-retransmits\.yaml:\d+: filter: /],
  ["tcp-retransmits", "asm", /\d   r\d = r1\n/, /tcp-retransmits\.yaml:\d+: filter: /, /^ +\d+   exit$/m],
  ["page-cache-hit-ratio", "ast", /text: missed\n/],
  ["page-cache-hit-ratio", "typed", /do: memo-write\n/],
  ["page-cache-hit-ratio", "ir", /^added: /m, /call bpf_get_current_task_btf#158.*\n\s+\d+   v\d+ = r0\n/],
  ["page-cache-hit-ratio", "asm", /^added: /m, /^ +\d+   exit$/m],
  ["bash-audit", "ast", /callee: str\n/],
  ["bash-audit", "typed", /kind: uprobe\n\s+target: \/bin\/bash\n\s+path: .*bash\n/],
  ["bash-audit", "ir", /\d   v0 = r1\n/, /bash-audit\.yaml:\d+: filter: /],
  ["bash-audit", "asm", /call bpf_probe_read_user_str#114/, /^ +\d+   exit$/m],
];

void describe("bpfwarden compile", { skip: skipWithoutBpf }, () => {
  for (const [rule, stage, ...patterns] of PRINTED) {
    void test(`--emit=${stage} of ${rule}`, () => {
      const { exit, output, errors } = bpfwarden(["compile", `--emit=${stage}`, join(RULES, `${rule}.yaml`)]);
      assert.deepEqual([exit, errors], [0, ""]);
      for (const pattern of patterns) assert.match(output, pattern);
    });
  }

  for (const rule of ["tcp-retransmits", "page-cache-hit-ratio", "bash-audit"]) {
    void test(`--emit=elf of ${rule} is a file that bpftool and llvm-objdump read`, (context) => {
      const object = join(folder, "x.o");
      const outcome = bpfwarden(["compile", "--emit=elf", "-o", object, `--rule=${rule}`, join(RULES, `${rule}.yaml`)]);
      assert.deepEqual(outcome, { exit: 0, output: "", errors: "" });
      const btf = printed("bpftool", "btf", "dump", "file", object);
      const skeleton = printed("bpftool", "gen", "skeleton", object);
      const assembly = printed("llvm-objdump", "-d", object);
      if (btf === undefined || skeleton === undefined || assembly === undefined) {
        return context.skip("bpftool or llvm-objdump is not installed");
      }
      assert.match(btf, /DATASEC '\.maps'/);
      assert.match(skeleton, /struct bpf_program \*/);
      assert.match(assembly, /\bexit\b/);
    });
  }

  void test("a rule with a problem is not compiled", () => {
    const { exit, output, errors } = bpfwarden(["compile", join(folder, "missing.yaml")]);
    assert.deepEqual([exit, output], [1, ""]);
    assert.match(errors, /it does not exist/);
  });

  void test("a rule that the file does not have is wrong usage", () => {
    const { exit, errors } = bpfwarden(["compile", "--rule=nothing", join(RULES, "bash-audit.yaml")]);
    assert.equal(exit, 2);
    assert.match(errors, /^bpfwarden: error: expected a rule "nothing" in ".*", found none\n$/);
  });

  void test("a file that cannot be written gives one line without a stack", () => {
    const object = join(folder, "missing", "x.o");
    const { exit, errors } = bpfwarden(["compile", "--emit=elf", "-o", object, join(RULES, "tcp-retransmits.yaml")]);
    assert.equal(exit, 1);
    assert.match(errors, /^bpfwarden: error: ENOENT: .*\n$/);
  });

  void test("the shipped rules have no problem", () => {
    const { exit, output, errors } = bpfwarden(["check", RULES]);
    assert.deepEqual([exit, errors], [0, ""]);
    assert.match(
      output,
      /^ignored .*\/library: it is a library: .*\ntcp-retransmits: .*\n(?:.*\n)*4 rules in 3 files checked, no problem found\n$/,
    );
  });
});

/** Returns the output of a tool, which must succeed, or undefined if it is not installed. */
function printed(command: string, ...args: readonly string[]): string | undefined {
  const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env });
  if (error !== undefined) return undefined;
  assert.equal(status, 0, stderr);
  return stdout;
}
