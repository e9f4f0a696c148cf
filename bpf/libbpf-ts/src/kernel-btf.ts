import { checked } from "./bpf-error.ts";
import type { LoadedBtf } from "./btf.ts";
import { Descriptor } from "./descriptor.ts";
import { bpfBtfById, bpfObjectInfo } from "./libbpf.ts";
import { addressOf } from "./native.ts";
import { btfIds } from "./object-ids.ts";

/** struct bpf_btf_info: u64 btf, u32 btf_size, u32 id, u64 name, u32 name_len, u32 kernel_btf. */
const INFO_BYTES = 32;
const OFFSET = { name: 16, nameLength: 24, kernelBtf: 28 } as const;
const NAME_BYTES = 64;

/**
 * Returns the BTF that the kernel itself holds of a module, for `attachBtfFd` of programs on its
 * functions (5.11, CONFIG_DEBUG_INFO_BTF_MODULES). Returns undefined if there is no such module.
 * Needs CAP_SYS_ADMIN. Throws BpfError.
 */
export function moduleBtf(module: string): LoadedBtf | undefined {
  for (const id of btfIds()) {
    const fd = bpfBtfById(id);
    // it was unloaded meanwhile
    if (fd < 0) continue;
    const btf = new Descriptor(fd, `btf of module "${module}"`);
    if (nameOf(btf) === module) return btf;
    btf[Symbol.dispose]();
  }
  return undefined;
}

/** Returns the name of the kernel's own BTF, and undefined for BTF that a program has loaded. */
function nameOf({ fd, subject }: Descriptor): string | undefined {
  const name = Buffer.alloc(NAME_BYTES);
  const info = new DataView(new ArrayBuffer(INFO_BYTES));
  info.setBigUint64(OFFSET.name, addressOf(name), true);
  info.setUint32(OFFSET.nameLength, NAME_BYTES, true);
  const length = new Uint32Array([INFO_BYTES]);
  checked("BPF_OBJ_GET_INFO_BY_FD", bpfObjectInfo(fd, new Uint8Array(info.buffer), length), subject);
  const ofKernel = info.getUint32(OFFSET.kernelBtf, true) !== 0;
  return ofKernel ? name.toString("latin1", 0, Math.max(0, name.indexOf(0))) : undefined;
}
