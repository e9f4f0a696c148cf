// The same as `aggregate: histogram(tid)`.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "histogram.h"

SEC("tracepoint/syscalls/sys_enter_getppid")
int bench(void *ctx)
{
	count_value((__u32)bpf_get_current_pid_tgid());
	return 0;
}

char _license[] SEC("license") = "GPL";
