import { GETPPID } from "../compile/host.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";

/**
 * A thread on each CPU that the process may use. For a line `CALLS KEYS` each calls getppid(2) so
 * often, with the numbers 0 to KEYS - 1 in turn in the first register and the address of a text in
 * the second, where the kernel does not look; the answer is how many calls they have counted by
 * themselves.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[256];
static long calls, keys;

static void *call(void *cpu)
{
	cpu_set_t one;
	long made = 0;
	CPU_ZERO(&one);
	CPU_SET((long)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (long key = 0; made < calls; made++) {
		syscall(SYS_getppid, key, text);
		if (++key == keys)
			key = 0;
	}
	return (void *)made;
}

int main(void)
{
	pthread_t threads[CPU_SETSIZE];
	cpu_set_t allowed;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	memset(text, 'x', 250);
	while (scanf("%ld %ld", &calls, &keys) == 2) {
		long total = 0;
		int started = 0;
		for (long cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &allowed))
				pthread_create(&threads[started++], NULL, call, (void *)cpu);
		while (started > 0) {
			void *made;
			pthread_join(threads[--started], &made);
			total += (long)made;
		}
		printf("%ld\\n", total);
		fflush(stdout);
	}
	return 0;
}
`;

export interface Callers extends AsyncDisposable {
  readonly pid: number;
  /**
   * what stands before the aggregates of a rule that counts their calls: `key` is the number,
   * `text` the address
   */
  readonly rule: string;
  /** Makes `calls` calls in each thread; resolves with the number that they have made together. */
  call(calls: number, keys?: number): Promise<number>;
}

export function startCallers(): Callers {
  using making = new DisposableStack();
  const program = making.use(new CProgram(SOURCE, ["-O2", "-pthread"], "callers"));
  const dialogue = new Dialogue(program.path);
  const held = making.move();
  return {
    pid: dialogue.pid,
    rule: `rule: callers
probe: tracepoint:raw_syscalls:sys_enter
filter: pid == ${dialogue.pid} and args.id == ${GETPPID}
with: {key: "args.args[0]", text: "args.args[1]"}
`,
    call: async (calls, keys = 1) => Number(await dialogue.ask(`${calls} ${keys}`)),
    async [Symbol.asyncDispose]() {
      using _ = held;
      await dialogue[Symbol.asyncDispose]();
    },
  };
}
