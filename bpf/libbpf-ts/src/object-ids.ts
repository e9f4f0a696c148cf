import { constants } from "node:os";
import { BpfError } from "./bpf-error.ts";
import { bpfBtfNextId, bpfLinkNextId, bpfMapNextId, bpfProgramNextId } from "./libbpf.ts";
import type { NativeFunction } from "./native.ts";

/**
 * Returns the ids of all programs on the host, of all users, ascending (BPF_PROG_GET_NEXT_ID).
 * Needs CAP_SYS_ADMIN. Throws BpfError.
 */
export const programIds = (): readonly number[] => [...walk(bpfProgramNextId, "programs")];
/** Returns the ids of maps, as `programIds` does. */
export const mapIds = (): readonly number[] => [...walk(bpfMapNextId, "maps")];
/**
 * Returns the ids of type information, as `programIds` does: that of programs, the kernel's own,
 * and its modules'.
 */
export const btfIds = (): readonly number[] => [...walk(bpfBtfNextId, "btf")];
/** Returns the ids of links, as `programIds` does. */
export const linkIds = (): readonly number[] => [...walk(bpfLinkNextId, "links")];

function* walk(nextId: NativeFunction<number>, subject: string): Generator<number, void> {
  const id = new Uint32Array(1);
  for (;;) {
    const result = nextId(id[0] ?? 0, id);
    if (-result === constants.errno.ENOENT) return;
    if (result < 0) throw new BpfError("BPF_*_GET_NEXT_ID", -result, subject);
    yield id[0] ?? 0;
  }
}
