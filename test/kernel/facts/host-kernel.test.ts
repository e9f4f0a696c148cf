import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { findMember } from "../../../bpf/kernel/btf/find-member.ts";
import { sizeOf } from "../../../bpf/kernel/btf/resolve.ts";
import { spell } from "../../../bpf/kernel/btf/spell.ts";
import { openHostKernel } from "../../../bpf/kernel/host-kernel.ts";
import type { Kernel, TracepointField, TracepointFormat } from "../../../bpf/kernel/kernel.ts";

const readable = process.getuid?.() === 0 && existsSync("/sys/kernel/btf/vmlinux");
const options = { skip: readable ? false : "needs root and a kernel with BTF" };
const hasBpftool = spawnSync("bpftool", ["version"]).status === 0;

const kernel = openHostKernel({ has: () => true });

function formatText(tracepoint: { category: string; name: string }): string {
  return readFileSync(`/sys/kernel/tracing/events/${tracepoint.category}/${tracepoint.name}/format`, "utf8");
}

function format(category: string, name: string): TracepointFormat {
  const found = kernel.tracepoint(category, name);
  assert.ok(found, `${category}:${name}`);
  return found;
}

function field(tracepoint: TracepointFormat, name: string): TracepointField {
  const found = tracepoint.fields.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
}

test("the host's own numbers are those of the C library", () => {
  const ask = (name: string) => Number(execFileSync("getconf", [name], { encoding: "utf8" }));
  assert.equal(kernel.pageBytes, ask("PAGESIZE"));
  assert.equal(kernel.possibleCpus, ask("_NPROCESSORS_CONF"));
  assert.equal(`${kernel.release}\n`, execFileSync("uname", ["-r"], { encoding: "utf8" }));
});

test("a feature is probed once", () => {
  let probes = 0;
  const probing: Kernel = openHostKernel({ has: (feature) => ++probes > 0 && feature === "ring_buffer" });
  for (let round = 0; round < 2; round++) {
    assert.equal(probing.has("ring_buffer"), true);
    assert.equal(probing.has("perf_link"), false);
  }
  assert.equal(probes, 2);
});

test("every format file of this host is read, and no field of it is lost", options, () => {
  const tracepoints = kernel.tracepoints();
  assert.ok(tracepoints.length > 100);
  for (const tracepoint of tracepoints) {
    const names = [...formatText(tracepoint).matchAll(/^\tfield:.*?(\w+)(?:\[.*?\])*;\toffset/gm)].map(
      ([, name]) => name,
    );
    const found = format(tracepoint.category, tracepoint.name).fields.map(({ name }) => name);
    assert.deepEqual(
      found,
      names.filter((name) => name?.startsWith("common_") === false),
      tracepoint.name,
    );
  }
});

test("on this host only masks, UUIDs and flexible arrays are opaque", options, () => {
  const opaque = kernel.tracepoints().flatMap(({ category, name }) =>
    format(category, name)
      .fields.filter(({ form }) => form.kind === "opaque")
      .map(({ cType }) => cType),
  );
  assert.deepEqual(
    opaque.filter((cType) => !/^__data_loc cpumask_t$|^uuid_t$|\[\]$/.test(cType)),
    [],
  );
});

test("every address that a format prints is known as an address", options, () => {
  for (const { category, name } of kernel.tracepoints()) {
    const printed = formatText({ category, name }).match(/%pI(4|6c)/g) ?? [];
    const addresses = format(category, name).fields.filter(({ form }) => form.kind === "address");
    assert.equal(addresses.length, printed.length, `${category}:${name}`);
  }
});

test("a retransmit has both addresses, and names for its state", options, () => {
  const retransmit = format("tcp", "tcp_retransmit_skb");
  assert.equal(`${retransmit.id}\n`, readFileSync("/sys/kernel/tracing/events/tcp/tcp_retransmit_skb/id", "utf8"));
  assert.deepEqual(field(retransmit, "saddr").form, { kind: "address", family: 4 });
  assert.deepEqual(field(retransmit, "daddr_v6").form, { kind: "address", family: 6 });
  assert.deepEqual(field(retransmit, "skbaddr").form, { kind: "pointer", to: "void", space: "kernel" });
  const { form } = field(retransmit, "state");
  assert.equal(form.kind === "integer" && form.names?.get(1n), "TCP_ESTABLISHED");
});

test("a system call's arguments have the widths of their C types", options, () => {
  const openat = format("syscalls", "sys_enter_openat");
  const shape = (name: string) => [field(openat, name).bytes, field(openat, name).signed];
  assert.deepEqual(["dfd", "filename", "flags", "mode"].map(shape), [
    [4, true],
    [8, false],
    [4, true],
    [2, false],
  ]);
});

interface BpftoolType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly members?: readonly { readonly name: string; readonly bits_offset: number; readonly type_id: number }[];
}

test("types are those that bpftool reads", { skip: options.skip || (!hasBpftool && "no bpftool") }, () => {
  const names = ["task_struct", "sock", "sk_buff", "file", "tcp_skb_cb"];
  const dump = execFileSync("bpftool", ["-j", "btf", "dump", "file", "/sys/kernel/btf/vmlinux"], {
    maxBuffer: 2 ** 28,
  });
  const { types } = JSON.parse(dump.toString("utf8")) as { types: readonly BpftoolType[] };
  assert.equal(kernel.btf.typeCount, types.length + 1);
  for (const name of names) {
    const expected = types.find((type) => type.kind === "STRUCT" && type.name === name);
    const id = kernel.btf.find("struct", name);
    assert.ok(expected && id);
    assert.deepEqual([id, sizeOf(kernel.btf, id)], [expected.id, expected.size], name);
    for (const member of (expected.members ?? []).filter((each) => each.name !== "(anon)")) {
      const found = findMember(kernel.btf, id, member.name);
      assert.deepEqual([found?.bitOffset, found?.type], [member.bits_offset, member.type_id], `${name}.${member.name}`);
    }
  }
});

test("enumerators and functions of this kernel are found", options, () => {
  const state = kernel.btf.enumerator("TCP_LISTEN");
  assert.equal(state?.value, 10n);
  const read = kernel.btf.find("function", "vfs_read");
  assert.ok(read);
  assert.match(spell(kernel.btf, read), /^ssize_t \(struct file \*, (?:__user )?char \*, size_t, loff_t \*\)$/);
});

test("bash's readline can be probed", options, (context) => {
  const bash = kernel.elf("/bin/bash");
  if (typeof bash === "string") return context.skip(`/bin/bash: ${bash}`);
  const symbol = bash.symbol("readline_internal_teardown");
  assert.ok(symbol !== undefined || typeof kernel.elf("libreadline") !== "string");
});
