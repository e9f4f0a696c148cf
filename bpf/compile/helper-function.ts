/**
 * The kernel functions that compiled programs call: number and argument count, from `enum
 * bpf_func_id` in include/uapi/linux/bpf.h. The numbers are kernel ABI.
 */
export const HELPER_FUNCTIONS = {
  map_lookup_elem: { number: 1, arguments: 2 },
  map_update_elem: { number: 2, arguments: 4 },
  map_delete_elem: { number: 3, arguments: 2 },
  ktime_get_ns: { number: 5, arguments: 0 },
  get_smp_processor_id: { number: 8, arguments: 0 },
  tail_call: { number: 12, arguments: 3 },
  get_current_pid_tgid: { number: 14, arguments: 0 },
  get_current_uid_gid: { number: 15, arguments: 0 },
  get_current_comm: { number: 16, arguments: 2 },
  get_current_task: { number: 35, arguments: 0 },
  get_numa_node_id: { number: 42, arguments: 0 },
  get_socket_cookie: { number: 46, arguments: 1 },
  get_stack: { number: 67, arguments: 4 },
  get_current_cgroup_id: { number: 80, arguments: 0 },
  probe_read_user: { number: 112, arguments: 3 },
  probe_read_kernel: { number: 113, arguments: 3 },
  probe_read_user_str: { number: 114, arguments: 3 },
  probe_read_kernel_str: { number: 115, arguments: 3 },
  ktime_get_boot_ns: { number: 125, arguments: 0 },
  ringbuf_output: { number: 130, arguments: 4 },
  ringbuf_reserve: { number: 131, arguments: 3 },
  ringbuf_submit: { number: 132, arguments: 2 },
  ringbuf_discard: { number: 133, arguments: 2 },
  ringbuf_query: { number: 134, arguments: 2 },
  task_storage_get: { number: 156, arguments: 4 },
  get_attach_cookie: { number: 174, arguments: 1 },
  get_current_task_btf: { number: 158, arguments: 0 },
} as const;

export type HelperName = keyof typeof HELPER_FUNCTIONS;
