import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { kernelTestNeeding } from "../needs.ts";
import { skipWithoutBpf } from "../privilege.ts";

const RULE = "rule: names\nprobe: tracepoint:sched:sched_process_exec\nby: [comm]\naggregate: count()\n";
const TRACEPOINTS = `rule: calls
probe: tracepoint:syscalls:sys_enter_getppid
aggregate: count()
---
rule: signals
probe: tracepoint:signal:signal_generate
filter: args.sig == 9
aggregate: count()
---
rule: sizes
probe: tracepoint:kmem:mm_page_alloc
aggregate: max(args.order)
---
rule: clock
probe: interval:1s
aggregate: count()
`;

void describe("bpfwarden check", { skip: skipWithoutBpf }, () => {
  void test("a rule that needs more memory than the settings allow is reported before it runs", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
    context.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "rules.d"));
    const rule = join(folder, "rules.d/names.yaml");
    writeFileSync(rule, RULE);
    writeFileSync(join(folder, "bpfwarden.yaml"), "limits: {memory: 256KiB}\n");
    const { exit, errors } = bpfwarden(["check", folder]);
    assert.equal(exit, 1);
    assert.match(errors, /names\.yaml:1:7: expected at most 256KiB of kernel memory, found .* \[over-memory\]\n/);
    assert.equal(bpfwarden(["check", rule]).exit, 0);
  });

  void test("check shows how each tracepoint is attached, and why with its record", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "tracepoints.yaml");
    writeFileSync(path, TRACEPOINTS);
    const { exit, output } = bpfwarden(["check", path]);
    assert.equal(exit, 0);
    const raw = "raw tracepoint (tp_btf): fields of its record are computed from its arguments";
    const perf = "perf tracepoint: the kernel skips it while other programs run on the CPU";
    const because = '"args.order" cannot be computed from its arguments';
    const expected = `calls: tracepoint:syscalls:sys_enter_getppid: ${raw}
signals: tracepoint:signal:signal_generate: ${raw}
sizes: tracepoint:kmem:mm_page_alloc: ${perf}: ${because}
4 rules in 1 file checked, no problem found
`;
    assert.equal(output, expected);
    const { tracepoints } = JSON.parse(bpfwarden(["check", "--json", path]).output) as { tracepoints: unknown };
    assert.deepEqual(tracepoints, [
      { rule: "calls", probe: "tracepoint:syscalls:sys_enter_getppid", attach: "tp_btf" },
      { rule: "signals", probe: "tracepoint:signal:signal_generate", attach: "tp_btf" },
      { rule: "sizes", probe: "tracepoint:kmem:mm_page_alloc", attach: "perf", because },
    ]);
  });
});

const RECORDS = "probe: tracepoint:syscalls:sys_enter_mount\nevent: {pid: pid}\n";
const COUNTS = "probe: tracepoint:syscalls:sys_enter_mount\naggregate: count()\n";
const ALL =
  "probe: {any: [tracepoint:syscalls:sys_enter_mount, tracepoint:raw_syscalls:sys_enter]}\nevent: {pid: pid}\n";

kernelTestNeeding("compat_calls", "check says which records lack the calls of 32-bit programs", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "rules.yaml");
  const rules = [RECORDS, COUNTS, ALL, `${COUNTS}event: {pid: pid}\nthreshold: value > 5\n`];
  writeFileSync(path, rules.map((rule, index) => `rule: rule-${index}\n${rule}`).join("---\n"));
  const { exit, output } = bpfwarden(["check", path]);
  assert.equal(exit, 0);
  assert.deepEqual(output.match(/^note: .*?:/gm), ["note: rule-0:"]);
  const report = JSON.parse(bpfwarden(["check", "--json", path]).output) as { readonly notes: readonly object[] };
  assert.equal(report.notes.length, 1);
});
