// The same as the event of 64 bytes: time, seven numbers and a name into a ring buffer.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 time;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	char comm[16];
	__u64 cgroup;
	__u64 now;
	__u32 cpu;
	__u32 zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int bench(void *ctx)
{
	__u64 ids, time;
	struct record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record)
		return 0;
	time = bpf_ktime_get_boot_ns();
	record->time = time;
	ids = bpf_get_current_pid_tgid();
	record->pid = ids >> 32;
	record->tid = ids;
	ids = bpf_get_current_uid_gid();
	record->uid = ids;
	record->gid = ids >> 32;
	bpf_get_current_comm(&record->comm, sizeof(record->comm));
	record->cgroup = bpf_get_current_cgroup_id();
	record->now = time;
	record->cpu = bpf_get_smp_processor_id();
	record->zero = 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
