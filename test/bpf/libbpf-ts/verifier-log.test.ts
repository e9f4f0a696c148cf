import assert from "node:assert/strict";
import { test } from "node:test";
import { readVerifierLog } from "../../../bpf/libbpf-ts/src/verifier-error.ts";

const TOTALS = "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

test("the last line and the instruction before it are the verdict", () => {
  const log = `0: R1=ctx() R10=fp0\n0: (b7) r1 = 1                        ; R1_w=1\n1: (95) exit\nR0 !read_ok\n${TOTALS}`;
  assert.deepEqual(readVerifierLog(log), { summary: "1: (95) exit: R0 !read_ok (2 lines omitted)", instruction: 1 });
});

test("lines of the user's source and branches between instruction and error do not hide the instruction", () => {
  const log = `; filter: args.x > 1 @ rule.yaml:3\n4: (79) r2 = *(u64 *)(r1 +96)\nfrom 2 to 9: R1=ctx()\ninvalid bpf_context access off=96 size=8\n`;
  const { summary, instruction } = readVerifierLog(log);
  assert.equal(instruction, 4);
  assert.match(summary, /^4: \(79\) r2 .*: invalid bpf_context access off=96 size=8 \(2 lines omitted\)$/);
});

test("errors found before anything is traced name their instruction", () => {
  assert.deepEqual(readVerifierLog(`unreachable insn 2\n${TOTALS}`), { summary: "unreachable insn 2", instruction: 2 });
  assert.equal(readVerifierLog("back-edge from insn 7 to 3\n").instruction, 7);
});

test("an error without an instruction has none", () => {
  assert.deepEqual(readVerifierLog("magic: 0xeb9f\nInvalid magic\n"), {
    summary: "Invalid magic (1 line omitted)",
    instruction: undefined,
  });
});

test("an empty log says so", () => {
  assert.deepEqual(readVerifierLog(TOTALS), { summary: "the log is empty", instruction: undefined });
});
