import koffi from "koffi";
import { nativeLibrary, type OptionStruct } from "./native.ts";

/**
 * The functions of libbpf's bpf.h (1.1) that this package uses. Each returns a descriptor or 0, or
 * a negative errno. None of them parses BTF: they are the bpf(2) commands with versioned option
 * structs.
 */
const library = nativeLibrary(
  "libbpf.so.1",
  "libbpf.so.1 not found: install libbpf1 (Debian, Ubuntu), libbpf (Fedora, Arch) or libbpf1 (openSUSE)",
);

/**
 * Fills in `sz`, by which libbpf distinguishes the versions of an option struct. A newer libbpf
 * accepts these older sizes.
 */
export function options(struct: OptionStruct, fields: Record<string, unknown>): object {
  return { ...fields, sz: struct.size };
}

export const MAP_CREATE_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  btf_fd: "uint32_t",
  btf_key_type_id: "uint32_t",
  btf_value_type_id: "uint32_t",
  btf_vmlinux_value_type_id: "uint32_t",
  inner_map_fd: "uint32_t",
  map_flags: "uint32_t",
  map_extra: "uint64_t",
  numa_node: "uint32_t",
  map_ifindex: "uint32_t",
});

export const PROGRAM_LOAD_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  attempts: "int",
  expected_attach_type: "uint32_t",
  prog_btf_fd: "uint32_t",
  prog_flags: "uint32_t",
  prog_ifindex: "uint32_t",
  kern_version: "uint32_t",
  attach_btf_id: "uint32_t",
  attach_prog_fd: "uint32_t",
  attach_btf_obj_fd: "uint32_t",
  fd_array: "const void *",
  func_info: "const void *",
  func_info_cnt: "uint32_t",
  func_info_rec_size: "uint32_t",
  line_info: "const void *",
  line_info_cnt: "uint32_t",
  line_info_rec_size: "uint32_t",
  log_level: "uint32_t",
  log_size: "uint32_t",
  log_buf: "void *",
});

export const BTF_LOAD_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  log_buf: "void *",
  log_level: "uint32_t",
  log_size: "uint32_t",
});

export const BATCH_OPTIONS: OptionStruct = koffi.struct({ sz: "size_t", elem_flags: "uint64_t", flags: "uint64_t" });

/** The struct up to the cookie of perf events, which is the first member of the union. */
export const LINK_CREATE_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  flags: "uint32_t",
  iter_info: "void *",
  iter_info_len: "uint32_t",
  target_btf_id: "uint32_t",
  bpf_cookie: "uint64_t",
});

/** The same struct with the other member of its union, which `kprobe_multi` links read. */
export const KPROBE_MULTI_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  flags: "uint32_t",
  iter_info: "void *",
  iter_info_len: "uint32_t",
  target_btf_id: "uint32_t",
  multi_flags: "uint32_t",
  cnt: "uint32_t",
  syms: "const void *",
  addrs: "const void *",
  cookies: "const void *",
});

export const TEST_RUN_OPTIONS: OptionStruct = koffi.struct({
  sz: "size_t",
  data_in: "const void *",
  data_out: "void *",
  data_size_in: "uint32_t",
  data_size_out: "uint32_t",
  ctx_in: "const void *",
  ctx_out: "void *",
  ctx_size_in: "uint32_t",
  ctx_size_out: "uint32_t",
  retval: "uint32_t",
  repeat: "int",
  duration: "uint32_t",
  flags: "uint32_t",
  cpu: "uint32_t",
  batch_size: "uint32_t",
});

const MAP_CREATE_ARGUMENTS = ["uint32_t", "const char *", "uint32_t", "uint32_t", "uint32_t"];
export const bpfMapCreate = library.bindWithOptions("bpf_map_create", MAP_CREATE_ARGUMENTS, MAP_CREATE_OPTIONS);
export const bpfMapLookup = library.bind("int bpf_map_lookup_elem(int fd, const void *key, void *value)");
export const bpfMapUpdate = library.bind(
  "int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)",
);
export const bpfMapDelete = library.bind("int bpf_map_delete_elem(int fd, const void *key)");
export const bpfMapNextKey = library.bind("int bpf_map_get_next_key(int fd, const void *key, void *next)");

const BATCH_READ_ARGUMENTS = ["int", "void *", "void *", "void *", "void *", "void *"];
export const bpfMapLookupBatch = library.bindWithOptions("bpf_map_lookup_batch", BATCH_READ_ARGUMENTS, BATCH_OPTIONS);
export const bpfMapLookupAndDeleteBatch = library.bindWithOptions(
  "bpf_map_lookup_and_delete_batch",
  BATCH_READ_ARGUMENTS,
  BATCH_OPTIONS,
);
export const bpfMapDeleteBatch = library.bindWithOptions(
  "bpf_map_delete_batch",
  ["int", "const void *", "void *"],
  BATCH_OPTIONS,
);

const PROGRAM_LOAD_ARGUMENTS = ["uint32_t", "const char *", "const char *", "const void *", "size_t"];
export const bpfProgramLoad = library.bindWithOptions("bpf_prog_load", PROGRAM_LOAD_ARGUMENTS, PROGRAM_LOAD_OPTIONS);
export const bpfProgramTestRun = library.bindWithOptions(
  "bpf_prog_test_run_opts",
  ["int"],
  TEST_RUN_OPTIONS,
  "in and out",
);
export const bpfBtfLoad = library.bindWithOptions("bpf_btf_load", ["const void *", "size_t"], BTF_LOAD_OPTIONS);
export const bpfObjectInfo = library.bind("int bpf_obj_get_info_by_fd(int fd, void *info, void *info_len)");
const LINK_CREATE_ARGUMENTS = ["int", "int", "uint32_t"];
export const bpfLinkCreate = library.bindWithOptions("bpf_link_create", LINK_CREATE_ARGUMENTS, LINK_CREATE_OPTIONS);
export const bpfLinkCreateMulti = library.bindWithOptions(
  "bpf_link_create",
  LINK_CREATE_ARGUMENTS,
  KPROBE_MULTI_OPTIONS,
);
export const bpfRawTracepointOpen = library.bind("int bpf_raw_tracepoint_open(const char *name, int prog_fd)");
export const bpfEnableStatistics = library.bind("int bpf_enable_stats(int type)");
export const bpfProgramNextId = library.bind("int bpf_prog_get_next_id(uint32_t after, void *next)");
export const bpfMapNextId = library.bind("int bpf_map_get_next_id(uint32_t after, void *next)");
export const bpfBtfNextId = library.bind("int bpf_btf_get_next_id(uint32_t after, void *next)");
export const bpfBtfById = library.bind("int bpf_btf_get_fd_by_id(uint32_t id)");
export const bpfLinkNextId = library.bind("int bpf_link_get_next_id(uint32_t after, void *next)");
