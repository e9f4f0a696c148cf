import { CProgram, Dialogue } from "../support/c-program.ts";

/**
 * A thread on each CPU that reads a map of a program all the time, as any program that uses BPF
 * does: meanwhile the kernel leaves out what it leaves out while a program runs
 * (bpf_disable_instrumentation). Begins before its only line, and ends with its standard input.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { VALUE = 1 << 14 };
static int map;

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void *read_map(void *cpu)
{
	cpu_set_t one;
	unsigned key = 0;
	char *value = malloc(VALUE);
	union bpf_attr attr = { .map_fd = map, .key = (long)&key, .value = (long)value };
	CPU_ZERO(&one);
	CPU_SET((long)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (;;)
		bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

int main(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = VALUE, .max_entries = 1 };
	cpu_set_t allowed;
	pthread_t thread;
	map = bpf(BPF_MAP_CREATE, &attr);
	if (map < 0)
		return 1;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (long cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			pthread_create(&thread, NULL, read_map, (void *)cpu);
	puts("reading");
	fflush(stdout);
	while (getchar() != EOF)
		;
	exit(0);
}
`;

/** Runs `during` while a map is being read on each CPU. */
export async function whileMapsAreRead(during: () => Promise<void>): Promise<void> {
  using program = new CProgram(SOURCE, ["-O2", "-pthread"]);
  await using readers = new Dialogue(program.path);
  await readers.hear();
  await during();
}
