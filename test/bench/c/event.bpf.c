// The same as `event: {pid: pid, uid: uid, comm: comm}`: time, two numbers and a name into a ring buffer.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 time;
	__u32 pid;
	__u32 uid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int bench(void *ctx)
{
	struct record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record)
		return 0;
	record->time = bpf_ktime_get_boot_ns();
	record->pid = bpf_get_current_pid_tgid() >> 32;
	record->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(&record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
