import { CProgram, Dialogue } from "../kernel/support/c-program.ts";

/**
 * For a line `CALLS RATE` calls getppid(2) so often and answers with the nanoseconds that took: at
 * most RATE a second, in bursts of a millisecond, or as fast as it goes where that is 0.
 */
const SOURCE = `
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
	long calls, rate;
	while (scanf("%ld %ld", &calls, &rate) == 2) {
		long long start = now();
		for (long made = 0; made < calls; made++) {
			if (rate > 0 && made % (rate / 1000) == 0) {
				long long due = start + made / (rate / 1000) * 1000000LL;
				struct timespec at = { due / 1000000000LL, due % 1000000000LL };
				clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
			}
			syscall(SYS_getppid);
		}
		printf("%lld\\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
`;

export interface TimedCalls extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the nanoseconds that all calls took together. */
  call(calls: number, rate?: number): Promise<number>;
}

export function startTimedCalls(): TimedCalls {
  using making = new DisposableStack();
  const program = making.use(new CProgram(SOURCE, ["-O2"], "timed-calls"));
  const dialogue = new Dialogue(program.path);
  const held = making.move();
  return {
    pid: dialogue.pid,
    call: async (calls, rate = 0) => Number(await dialogue.ask(`${calls} ${rate}`)),
    async [Symbol.asyncDispose]() {
      using _ = held;
      await dialogue[Symbol.asyncDispose]();
    },
  };
}
