import assert from "node:assert/strict";
import { thisGuest } from "../../../vm/features.ts";
import { kernelTest } from "../../privilege.ts";
import { CProgram, Dialogue } from "../../support/c-program.ts";
import { countOf, RulesTogether } from "../../support/rules-together.ts";

const CALLS = thisGuest === undefined ? 200_000 : 2000;

/**
 * Two threads on two CPUs: one calls getppid(2), the other getuid(2), until each has done so as
 * often as a line says. They have a high priority, so that both run at once on a busy host.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const long numbers[2] = { SYS_getppid, SYS_getuid };
static long calls;
static volatile long made[2];

static void *call(void *own)
{
	long thread = (long)own;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(thread, &one);
	sched_setaffinity(0, sizeof(one), &one);
	setpriority(PRIO_PROCESS, 0, -20);
	while (made[0] < calls || made[1] < calls) {
		syscall(numbers[thread]);
		made[thread]++;
	}
	return NULL;
}

int main(void)
{
	while (scanf("%ld", &calls) == 1) {
		pthread_t threads[2];
		made[0] = made[1] = 0;
		for (long own = 0; own < 2; own++)
			pthread_create(&threads[own], NULL, call, (void *)own);
		for (int own = 0; own < 2; own++)
			pthread_join(threads[own], NULL);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
`;

kernelTest("a span that begins on another CPU while a fused program runs is no orphan", async (context) => {
  using program = new CProgram(SOURCE, ["-O2", "-pthread"], "threads");
  await using threads = new Dialogue(program.path);
  await using rules = new RulesTogether(true);
  const own = `pid == ${threads.pid}`;
  // the first asks for the time, and the others take long, before the end of the span is looked at
  const asking = `rule: asking\nprobe: rawtracepoint:sys_enter\nfilter: ${own}\naggregate: max(now)\n`;
  const slow = (index: number): string =>
    `rule: slow_${index}\nprobe: rawtracepoint:sys_enter\nfilter: ${own}\nby: {parent: pcomm, exe: exe}\naggregate: count()\n`;
  const span = `rule: span
probe:
  from: tracepoint:syscalls:sys_exit_getppid
  to: tracepoint:syscalls:sys_enter_getuid
  match: pid
  filter: { from: ${own}, to: ${own} }
aggregate: { n: count(), longest: max(elapsed) }
`;
  await rules.load({
    asking,
    ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`slow_${index}`, slow(index)])),
    span,
  });
  await threads.ask(String(CALLS));
  const drained = (await rules.drain()).get("span") ?? assert.fail();
  context.diagnostic(`${countOf(drained)} spans`);
  console.log(drained.health, drained.unkeyed, rules.refused);
  assert.equal(drained.health.orphaned, 0n);
  assert.ok(countOf(drained) > 0n);
});
