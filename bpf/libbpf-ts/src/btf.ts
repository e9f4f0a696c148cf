import { Descriptor } from "./descriptor.ts";
import { loadWithLog } from "./kernel-log.ts";
import { bpfBtfLoad, BTF_LOAD_OPTIONS, options } from "./libbpf.ts";

/** Type information in the kernel, which maps and programs refer to. They keep it alive: it may be closed once they are made. */
export interface LoadedBtf extends Disposable {
  /** Throws where it is closed. */
  readonly fd: number;
}

/** BPF_BTF_LOAD of a raw BTF blob (Documentation/bpf/btf.rst). Throws VerifierError where the kernel finds fault with it. */
export function loadBtf(blob: Uint8Array): LoadedBtf {
  const fd = loadWithLog("BPF_BTF_LOAD", "btf", ({ level, buffer }) =>
    bpfBtfLoad(
      blob,
      blob.byteLength,
      options(BTF_LOAD_OPTIONS, { log_level: level, log_buf: buffer, log_size: buffer?.byteLength ?? 0 }),
    ),
  );
  return new Descriptor(fd, "btf");
}
