// Nothing at all: what the clock of the run statistics costs by itself.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_getppid")
int bench(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
