/** BPF_PROG_TYPE_* of include/uapi/linux/bpf.h. */
export const PROGRAM_TYPES = {
  socket_filter: 1,
  /** also uprobes */
  kprobe: 2,
  tracepoint: 5,
  perf_event: 7,
  raw_tracepoint: 17,
  raw_tracepoint_writable: 24,
  /** tp_btf, fentry, fexit: the expected attach type selects one */
  tracing: 26,
  /** security hooks: the expected attach type is lsm_mac */
  lsm: 29,
  syscall: 31,
} as const;

export type ProgramType = keyof typeof PROGRAM_TYPES;

/** BPF_* of enum bpf_attach_type. */
export const ATTACH_TYPES = {
  none: 0,
  /** tp_btf */
  trace_raw_tp: 23,
  trace_fentry: 24,
  trace_fexit: 25,
  lsm_mac: 27,
  perf_event: 41,
  trace_kprobe_multi: 42,
  trace_uprobe_multi: 48,
} as const;
