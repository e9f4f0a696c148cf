import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";
import { hostProblems } from "../../packaging/setup/host-check.mjs";
import { type HostFacts, hostFacts } from "../../packaging/setup/host-facts.mjs";

const good: HostFacts = {
  platform: "linux",
  architecture: "x64",
  root: true,
  capabilities: (1n << 41n) - 1n,
  kernelRelease: "6.1.0-18-amd64",
  bpf: true,
  btf: true,
  tracepoints: true,
};

const cases: readonly (readonly [name: string, facts: Partial<HostFacts>, problems: readonly RegExp[]])[] = [
  ["everything is there", {}, []],
  ["arm64", { architecture: "arm64" }, []],
  [
    "another system: the rest is not asked",
    { platform: "darwin", root: false, bpf: false },
    [/^bpfwarden runs on Linux only, .*"darwin"/],
  ],
  ["another architecture", { architecture: "riscv64" }, [/x86-64 and arm64, and this is "riscv64"/]],
  [
    "not root: tracefs cannot be seen",
    { root: false, capabilities: 0n, tracepoints: false },
    [/needs root: .*`sudo npm start`/],
  ],
  ["root of a container", { capabilities: 0xa80425fbn }, [/lacks CAP_SYS_ADMIN .*--privileged/]],
  ["an old kernel", { kernelRelease: "5.9.16" }, [/Linux 5\.10 or newer .*5\.9\.16/]],
  ["the oldest kernel", { kernelRelease: "5.10.0" }, []],
  ["a kernel without BPF", { bpf: false }, [/no BPF: .*CONFIG_BPF_SYSCALL=y/]],
  ["a kernel without BTF", { btf: false }, [/\/sys\/kernel\/btf\/vmlinux is missing.*CONFIG_DEBUG_INFO_BTF=y/]],
  ["no tracefs", { tracepoints: false }, [/mount -t tracefs tracefs \/sys\/kernel\/tracing/]],
  ["several at once", { root: false, btf: false }, [/needs root/, /CONFIG_DEBUG_INFO_BTF/]],
];

suite("reasons why a host cannot run bpfwarden", () => {
  for (const [name, facts, expected] of cases) {
    test(name, () => {
      const problems = hostProblems({ ...good, ...facts });
      assert.equal(problems.length, expected.length, problems.join("\n"));
      expected.forEach((pattern, index) => assert.match(problems[index] ?? "", pattern));
    });
  }

  test("the facts of this host equal those of its files", () => {
    const facts = hostFacts();
    assert.equal(facts.platform, "linux");
    assert.equal(facts.root, process.geteuid?.() === 0);
    assert.match(facts.kernelRelease, /^\d+\.\d+/);
  });
});

test("npm start without root names what is missing and how to get it, and ends with 1", () => {
  const { status, stderr } = withoutRoot([process.execPath, "packaging/setup/start.mjs"]);
  assert.match(stderr, /^bpfwarden: error: loading BPF programs needs root: .*`sudo npm start`\n$/);
  assert.equal(status, 1);
});

/** Runs a program as nobody, who may still read a checkout that lies where only root can. */
function withoutRoot([program = "", ...args]: readonly string[]): {
  readonly status: number | null;
  readonly stderr: string;
} {
  if (process.geteuid?.() !== 0) return spawnSync(program, args, { encoding: "utf8" });
  const readAll = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  return spawnSync("setpriv", ["--reuid=65534", "--clear-groups", ...readAll, program, ...args], { encoding: "utf8" });
}
