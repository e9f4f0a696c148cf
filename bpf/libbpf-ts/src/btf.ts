import { Descriptor } from "./descriptor.ts";
import { loadWithLog } from "./kernel-log.ts";
import { bpfBtfLoad, BTF_LOAD_OPTIONS, options } from "./libbpf.ts";

/**
 * Type information in the kernel that maps and programs refer to. They keep it alive: it may be
 * closed after they are made.
 */
export interface LoadedBtf extends Disposable {
  /** Throws if it is closed. */
  readonly fd: number;
}

/**
 * Loads a raw BTF blob (BPF_BTF_LOAD, Documentation/bpf/btf.rst). Throws VerifierError if the
 * kernel rejects it.
 */
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
