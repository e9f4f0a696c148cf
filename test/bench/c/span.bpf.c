// The same as a span by thread with `aggregate: histogram(elapsed)`: task storage, whose slot is cleared and used again.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "histogram.h"

struct task_struct;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} starts SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int begin(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	__u64 *start = bpf_task_storage_get(&starts, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (start && !*start)
		*start = bpf_ktime_get_boot_ns();
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_getppid")
int end(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	__u64 *start = bpf_task_storage_get(&starts, task, 0, 0);
	if (!start || !*start)
		return 0;
	__u64 elapsed = bpf_ktime_get_boot_ns() - *start;
	*start = 0;
	count_value(elapsed);
	return 0;
}

char _license[] SEC("license") = "GPL";
