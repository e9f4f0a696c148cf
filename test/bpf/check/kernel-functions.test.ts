import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachPoint } from "../../../bpf/check/checked-program.ts";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import type { Kernel, KernelFeature } from "../../../bpf/kernel/kernel.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check, checked, type ProbeText } from "./rule.ts";

const kernel = fixtureKernel();
const without = (...missing: readonly KernelFeature[]): Kernel =>
  fixtureKernel({ has: (feature) => !missing.includes(feature) && kernel.has(feature) });

function pointsAt(probe: ProbeText, on = kernel): readonly AttachPoint[] {
  const program = checked({ signals: { value: { probe, aggregate: "count()" } } }, on);
  return program.programs.flatMap(({ attach }) => attach);
}

test("kernel and kernelret are trampolines if the kernel and the function allow it, else breakpoints", () => {
  const kinds = (probe: string, on: Kernel): readonly unknown[] =>
    pointsAt(probe, on).map((point) => [point.kind, "returns" in point && point.returns]);
  assert.deepEqual(kinds("kernel:vfs_read", kernel), [["trampoline", false]]);
  assert.deepEqual(kinds("kernelret:vfs_read", kernel), [["trampoline", true]]);
  assert.deepEqual(kinds("kernel:tcp_v4_connect", kernel), [["kprobe", false]], "BTF does not know it");
  assert.deepEqual(kinds("kernel:vfs_read", without("fentry")), [["kprobe", false]]);
  assert.deepEqual(kinds("kernelret:vfs_read", without("fentry")), [["kprobe", true]]);
});

test("a function that the compiler has renamed is found, without arguments by name", () => {
  const [point] = pointsAt("kprobe:lookup_fast");
  assert.deepEqual(point, { kind: "kprobe", function: "lookup_fast.constprop.0", offset: 0, returns: false });
});

test("a function of a module is found with and without its module", () => {
  const expected = { kind: "kprobe", function: "nf_nat_setup_info", offset: 0, returns: false, module: "nf_nat" };
  assert.deepEqual(pointsAt("kprobe:nf_nat:nf_nat_setup_info"), [expected]);
  assert.deepEqual(pointsAt("kprobe:nf_nat_setup_info"), [expected]);
});

test("the next alternative is used if the kernel cannot probe functions", () => {
  const bare = without("kprobe", "kprobe_multi", "fentry");
  const [point] = pointsAt(["kernel:vfs_read", "tracepoint:syscalls:sys_enter_read"], bare);
  assert.equal(point?.kind, "syscall");
  const { diagnostics } = check(
    { signals: { value: { probe: "kernel:tcp_retransmit_skb", aggregate: "count()" } } },
    bare,
  );
  assert.deepEqual(
    diagnostics.map(({ code, help, message }) => [code, message, help]),
    [
      [
        "unknown-probe",
        'this kernel has no "kernel", which needs BPF trampolines (CONFIG_FUNCTION_TRACER and ' +
          "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS; Linux 5.5 on x86-64, 6.0 on arm64) or kprobes (CONFIG_KPROBE_EVENTS)",
        'write "tracepoint:tcp:tcp_retransmit_skb"',
      ],
    ],
  );
});

test("an offset is one of instructions, which are 4 bytes each on arm64", () => {
  const [point] = pointsAt("kprobe:vfs_read+0x11");
  assert.ok(point?.kind === "kprobe" && point.offset === 17);
  const arm = fixtureKernel({ architecture: "aarch64" });
  const { diagnostics } = check({ signals: { value: { probe: "kprobe:vfs_read+17", aggregate: "count()" } } }, arm);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    ["expected an offset of whole instructions, 4 bytes each, found 17"],
  );
});

test("many functions are one program, with one link if the kernel has such links", () => {
  const types = (on: Kernel): readonly (readonly [number, number])[] => {
    const program = checked(
      { signals: { value: { probe: "kernel:vfs_*", aggregate: "count()" } }, by: { func: "func" } },
      on,
    );
    return compileProgram(program, on).programs.map(({ attach, expectedAttachType }) => [
      attach.length,
      expectedAttachType,
    ]);
  };
  assert.deepEqual(types(kernel), [[3, 42]]);
  assert.deepEqual(types(without("kprobe_multi")), [[3, 0]]);
  assert.deepEqual(types(without("kprobe_multi", "attach_cookie")), [
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
});

test("arguments have the types that BTF gives them, in registers and in words", () => {
  const rule = (probe: string): Parameters<typeof checked>[0] => ({
    signals: { value: { probe } },
    event: { file: "args.file", count: "args.count", inode: "args.file.f_inode.i_ino" },
  });
  for (const probe of ["kprobe:vfs_read", "fentry:vfs_read", "fexit:vfs_read"]) {
    const types = checked(rule(probe), kernel).record?.map(
      ({ type }) => type.kind === "integer" && [type.bits, type.signed],
    );
    assert.deepEqual(types, [
      [64, false],
      [64, false],
      [64, false],
    ]);
  }
  const returned = checked({ signals: { value: { probe: "kretprobe:vfs_read" } }, event: { got: "retval" } }, kernel);
  assert.deepEqual(
    returned.record?.map(({ type }) => type.kind === "integer" && type.signed),
    [true],
  );
});

test("a comparison with an int of a function without known types gives a warning", () => {
  const warnings = (probe: string, filter: string): readonly string[] =>
    check({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel).diagnostics.map(({ code }) => code);
  assert.deepEqual(warnings("kretprobe:tcp_v4_connect", "retval < 0"), ["constant-filter"]);
  assert.deepEqual(warnings("kprobe:tcp_v4_connect", "arg2 == -1"), ["constant-filter"]);
  assert.deepEqual(warnings("kretprobe:tcp_v4_connect", 'cast(retval, "s32") < 0'), []);
  assert.deepEqual(warnings("kretprobe:vfs_read", "retval < 0"), [], "BTF knows it as a long");
});
