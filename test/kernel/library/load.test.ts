import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { counted } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const CROWD = 120;

/**
 * Says a line when all are there. Those that run take only what nobody else wants; those that wait are parents of a vfork(2), which no
 * signal reaches but one that kills. All end with the first process, whose standard input ends.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void run(int there) {
  struct sched_param priority = { 0 };
  write(there, "", 1);
  sched_setscheduler(0, SCHED_IDLE, &priority);
  for (;;) __asm__ volatile("");
}

static void wait_for_child(int there) {
  if (vfork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  write(there, "", 1);
  for (;;) pause();
}

int main(int count, char **words) {
  int there[2];
  char byte;
  pipe(there);
  for (int each = 0; each < ${CROWD}; each++) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    (strcmp(words[1], "wait") == 0 ? wait_for_child : run)(there[1]);
    _exit(0);
  }
  for (int each = 0; each < ${CROWD}; each++) read(there[0], &byte, 1);
  write(1, "\\n", 1);
  read(0, &byte, 1);
}
`;

kernelTest("load-average counts threads that run and threads that wait where no signal reaches them", async () => {
  using program = new CProgram(SOURCE);
  await using rule = new LoadedRule(libraryRule("load-average"));
  const load = async (): Promise<number> => {
    await rule.sample();
    await sleep(1000);
    return ((await counted(rule))["load"] ?? 0) * cpus().length;
  };
  const before = await load();
  // Those that run come last: it takes them a while to find the time to end.
  for (const what of ["wait", "run"]) {
    const crowd = spawn(program.path, [what], { stdio: ["pipe", "pipe", "inherit"] });
    await once(crowd.stdout, "data");
    const more = (await load()) - before;
    crowd.stdin.end();
    await once(crowd, "exit");
    assert.ok(more > CROWD / 2 && more < 2 * CROWD, `${what}: ${more} more than ${before}`);
  }
});
