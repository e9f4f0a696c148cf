import assert from "node:assert/strict";
import { test } from "node:test";
import { findMember } from "../../../bpf/kernel/btf/find-member.ts";
import { resolve, sizeOf } from "../../../bpf/kernel/btf/resolve.ts";
import { spell } from "../../../bpf/kernel/btf/spell.ts";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";
import { openRecordedKernel } from "../../../bpf/kernel/recorded-kernel.ts";
import { fixtureKernel } from "../kernel-fixture.ts";

const kernel = fixtureKernel();

test("a recorded kernel answers with the recorded facts", () => {
  assert.deepEqual(
    [kernel.release, kernel.architecture, kernel.possibleCpus, kernel.pageBytes],
    ["6.18.44", "x86_64", 4, 4096],
  );
  assert.equal(kernel.has("task_storage"), true);
});

test("every recorded tracepoint can be read, and its raw arguments have a prototype", () => {
  for (const { category, name } of kernel.tracepoints()) {
    const format = kernel.tracepoint(category, name);
    assert.ok(format !== undefined && format.fields.length > 0, name);
    if (category === "syscalls") continue;
    const typedef = kernel.btf.find("typedef", `btf_trace_${name}`);
    assert.match(
      typedef === undefined ? "" : spell(kernel.btf, resolve(kernel.btf, typedef).id),
      /^void \(\*\)\(void \*/,
      name,
    );
  }
});

test("a path of fields is walked through the recorded types", () => {
  const { btf } = kernel;
  const task = btf.find("struct", "task_struct") ?? 0;
  const parent = findMember(btf, task, "real_parent");
  assert.equal(spell(btf, parent?.type ?? 0), "struct task_struct *");
  const skb = btf.find("struct", "sk_buff") ?? 0;
  assert.equal(spell(btf, findMember(btf, skb, "cb")?.type ?? 0), "char[48]");
  const control = btf.find("struct", "tcp_skb_cb") ?? 0;
  assert.equal(spell(btf, findMember(btf, control, "tcp_gso_segs")?.type ?? 0), "u16");
  assert.ok((sizeOf(btf, task) ?? 0) > 1000);
});

test("a struct that is only pointed to is a forward declaration", () => {
  const { btf } = kernel;
  assert.equal(btf.find("struct", "net_device"), undefined);
  const skb = btf.find("struct", "sk_buff") ?? 0;
  assert.equal(spell(btf, findMember(btf, skb, "dev")?.type ?? 0), "struct net_device *");
});

test("recorded files have the recorded functions", () => {
  const bash = kernel.elf("/bin/bash");
  assert.ok(typeof bash !== "string");
  assert.equal(bash.symbol("readline")?.name, "readline");
  assert.equal(bash.symbol("toString"), undefined);
  assert.equal(kernel.elf("/bin/absent"), "no such file");
  assert.equal(kernel.elf("toString"), "no such library");
});

test("a fact can be replaced", () => {
  assert.equal(fixtureKernel({ has: () => false }).has("ring_buffer"), false);
});

test("a folder without facts is an error", () => {
  assert.throws(() => openRecordedKernel(import.meta.dirname), KernelFactsError);
});
