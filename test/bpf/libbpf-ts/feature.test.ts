import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfError } from "../../../bpf/libbpf-ts/src/bpf-error.ts";
import { isUnknownInstruction } from "../../../bpf/libbpf-ts/src/feature.ts";
import { VerifierError } from "../../../bpf/libbpf-ts/src/verifier-error.ts";

test("an instruction is unknown to the verifier or to the JIT; other errors leave it open", () => {
  const [EPERM, EINVAL, ENOTSUPP] = [1, 22, 524];
  const failed = (errno: number): BpfError => new BpfError("BPF_PROG_LOAD", errno, "program");
  assert.equal(
    isUnknownInstruction(new VerifierError("BPF_PROG_LOAD", EINVAL, "program", "unknown opcode db\n")),
    true,
  );
  assert.equal(isUnknownInstruction(failed(EINVAL)), true);
  assert.equal(isUnknownInstruction(failed(ENOTSUPP)), true);
  assert.equal(isUnknownInstruction(failed(EPERM)), undefined);
});
