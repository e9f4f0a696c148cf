import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { skipWithoutBpf } from "../privilege.ts";

void describe("bpfwarden probes", { skip: skipWithoutBpf }, () => {
  void test("many probes are a line each, few are listed with their arguments", () => {
    const many = bpfwarden(["probes", "tracepoint:syscalls:sys_enter_*"]);
    assert.deepEqual([many.exit, many.errors], [0, ""]);
    const lines = many.output.trimEnd().split("\n");
    assert.ok(lines.length > 100 && lines.includes("tracepoint:syscalls:sys_enter_openat"));
    assert.ok(lines.every((line) => line.startsWith("tracepoint:syscalls:sys_enter_")));
    const few = bpfwarden(["probes", "sys_enter_openat"]);
    assert.match(few.output, /^tracepoint:syscalls:sys_enter_openat\n( {4}args\.\w+: .+\n)+$/);
    assert.match(few.output, /args\.filename: char \* \(user memory\)\n/);
  });

  void test("--args shows the arguments of many probes, --json those of all", () => {
    const { output } = bpfwarden(["probes", "--args", "tracepoint:tcp:*"]);
    assert.match(output, /^tracepoint:tcp:tcp_retransmit_skb\n {4}args\.skbaddr: /m);
    const { output: json } = bpfwarden(["probes", "--json", "tracepoint:sched:sched_switch"]);
    const [found] = JSON.parse(json) as readonly { readonly probe: string; readonly arguments: readonly object[] }[];
    assert.equal(found?.probe, "tracepoint:sched:sched_switch");
    assert.deepEqual(
      found?.arguments.find((each) => "name" in each && each.name === "args.prev_comm"),
      {
        name: "args.prev_comm",
        type: "string",
      },
    );
  });

  void test("the registers of a function share a line", () => {
    const { output } = bpfwarden(["probes", "uprobe:/bin/bash:readline"]);
    assert.match(output, /^uprobe:\/bin\/bash:readline\n {4}arg0 to arg\d: s64\n$/);
  });

  void test("no match is a problem, reported with its reason", () => {
    const { exit, output, errors } = bpfwarden(["probes", "uprobe:/no/such/file:x"]);
    assert.deepEqual([exit, output], [1, ""]);
    assert.equal(
      errors,
      'bpfwarden: error: no probe matches "uprobe:/no/such/file:x": "/no/such/file" cannot be read: no such file\n',
    );
    assert.match(bpfwarden(["probes", "tracepint:a:b"]).errors, /did you mean "tracepoint"\?/);
  });
});
