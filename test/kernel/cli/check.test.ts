import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { skipWithoutBpf } from "../privilege.ts";

const RULE = "rule: names\nprobe: tracepoint:sched:sched_process_exec\nby: [comm]\naggregate: count()\n";

void describe("bpfwarden check", { skip: skipWithoutBpf }, () => {
  void test("a rule that takes more memory than the settings beside it allow is told of before it is run", (context) => {
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
});
