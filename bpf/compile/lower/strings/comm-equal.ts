import { findMember } from "../../../kernel/btf/find-member.ts";
import { immediate, jump, load } from "../../instruction.ts";
import type { Label } from "../../instruction.ts";
import { helperResult } from "../values/helper-result.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Compares the comm byte by byte in `task_struct`, and jumps to `target` at the first difference.
 * Mostly that is the first byte, while bpf_get_current_comm takes about 50 ns for all sixteen. Only
 * single bytes are compared, since the verifier lets a program read an array of characters only so.
 * Bytes after the NUL may be left from an earlier name, and are not compared. Returns false if the
 * kernel has no typed task, or the comm has been fetched already.
 */
export function branchCommUnequal(lowering: Lowering, wanted: Uint8Array, target: Label): boolean {
  const { emitter, kernel, cache } = lowering;
  if (!kernel.has("current_task_btf") || cache.find("comm") !== undefined) return false;
  const struct = kernel.btf.find("struct", "task_struct");
  const member = struct === undefined ? undefined : findMember(kernel.btf, struct, "comm");
  if (member === undefined || !member.plain) return false;
  const task = helperResult(lowering, "task");
  wanted.forEach((byte, index) => {
    const found = emitter.register();
    emitter.emit(load(1, found, task, member.bitOffset / 8 + index), jump(found, "!=", immediate(byte), target));
  });
  return true;
}
