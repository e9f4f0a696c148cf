import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { test } from "node:test";
import { LSM } from "../../../bpf/check/probes/lsm.ts";
import type { Kernel, KernelFeature } from "../../../bpf/kernel/kernel.ts";
import { RULE_SPAN } from "../../bpf/compile/scalars.ts";
import { kernel } from "../compile/host.ts";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const OURS = `pid == ${process.pid}`;

async function counted(rule: object, load: () => void): Promise<readonly (readonly [string, number])[]> {
  await using loaded = new LoadedRule(JSON.stringify({ rule: "lsm", ...rule }));
  load();
  const { rows } = await loaded.sample();
  return rows.map(({ labels, values }) => [Object.values(labels).join(" "), values[0]?.[0] ?? 0] as const);
}

kernelTestNeeding(
  "bpf_lsm",
  "a hook sees each file that is opened, with its arguments, and lets it be opened",
  async () => {
    const rule = {
      probe: "lsm:file_open",
      filter: OURS,
      by: { inode: "args.file.f_inode.i_ino" },
      aggregate: "count()",
    };
    const rows = await counted(rule, () => {
      for (let open = 0; open < 7; open++) closeSync(openSync(process.execPath, "r"));
    });
    assert.equal(new Map(rows).get(String(statSync(process.execPath).ino)), 7);
  },
);

kernelTestNeeding("bpf_lsm", "a hook sees a signal that is sent, which arrives", async () => {
  const rule = { probe: "lsm:task_kill", filter: OURS, by: { sig: "args.sig" }, aggregate: "count()" };
  const rows = await counted(rule, () => {
    assert.ok(process.kill(process.pid, "SIGCONT"));
    assert.equal(process.kill(process.pid, 0), true);
  });
  assert.equal(new Map(rows).get("18"), 1);
});

kernelTestNeeding("bpf_lsm", "whatever a rule's filter says, nothing is refused", async () => {
  const rule = { probe: "lsm:bprm_check_security", filter: `ppid == ${process.pid} and 1 == 2`, aggregate: "count()" };
  const rows = await counted(rule, () => assert.equal(execFileSync("echo", ["ran"], { encoding: "utf8" }), "ran\n"));
  assert.deepEqual(rows, [["", 0]]);
});

kernelTestNeeding("bpf_lsm", "a pattern matches several hooks, and each is counted", async () => {
  const rule = { probe: "lsm:file_ope*", filter: OURS, by: { probe: "probe" }, aggregate: "count()" };
  const rows = await counted(rule, () => closeSync(openSync(process.execPath, "r")));
  assert.ok((new Map(rows).get("lsm:file_open") ?? 0) >= 1);
});

/** The host's types, and features that it might lack. */
const lackingOnly = (...missing: readonly KernelFeature[]): Kernel => ({
  ...kernel,
  btf: kernel.btf,
  has: (feature) => !missing.includes(feature),
});

function answer(hook: string, on: Kernel): readonly (string | undefined)[] {
  const resolution = LSM.resolve({ text: `lsm:${hook}`, span: RULE_SPAN }, hook, on, false);
  return "fault" in resolution
    ? [resolution.fault.message, resolution.fault.help]
    : [resolution.probes[0]?.attach.kind];
}

const describesHooks = kernel.btf.find("function", "bpf_lsm_bpf") !== undefined;

kernelTest("a kernel without a needed part gives a message that names it, with help", () => {
  if (!describesHooks) return;
  assert.deepEqual(answer("file_open", lackingOnly()), ["lsm"]);
  assert.deepEqual(answer("file_open", lackingOnly("lsm")), [
    'this kernel does not ask BPF programs at "lsm": it was booted without "bpf" among its security modules',
    'boot with "lsm=LIST,bpf", where LIST is the content of /sys/kernel/security/lsm, or write "kernel:security_file_open"',
  ]);
  assert.match(String(answer("file_open", lackingOnly("lsm", "fentry"))), /needs BPF trampolines/);
  assert.deepEqual(answer("security_file_opem", lackingOnly()), [
    'this kernel has no security hook "security_file_opem"',
    'did you mean "lsm:file_open"?',
  ]);
  assert.match(String(answer("func_proto", lackingOnly())), /has no security hook "func_proto"/);
});

test("a probe can be attached to each hook that the kernel describes", { skip: !describesHooks }, () => {
  const names = LSM.list("*", lackingOnly());
  assert.ok(Array.isArray(names) && names.length > 100, String(names));
  const refused = names.filter((name) => answer(name, lackingOnly())[0] !== "lsm");
  assert.deepEqual(
    refused.filter((name) => !/more than|by value/.test(String(answer(name, lackingOnly())))),
    [],
  );
});
