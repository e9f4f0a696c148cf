import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { counted } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";

const pid = String(process.pid);
const FUTEX = process.arch === "x64" ? 202 : 98;
const FUTEX_WAIT_PRIVATE = 128;

kernelTest("fork-rate counts the processes that a program starts", async () => {
  using shell = new NamedProgram("bw-forks");
  await using rule = new LoadedRule(libraryRule("fork-rate"));
  shell.run("-c", "for n in 1 2 3 4 5 6 7; do : & done; wait");
  assert.deepEqual(await counted(rule, { comm: shell.name }), { value: 7 });
});

kernelTest("thread-creation counts threads, by process", async () => {
  const comm = nameThisThread("bw-threads");
  await using rule = new LoadedRule(libraryRule("thread-creation"));
  const start: unknown = libc.symbol(null, "getppid");
  for (let n = 0; n < 5; n++) {
    const thread = [0];
    assert.equal(libc.threads(thread, null, start, null), 0);
    libc.join(thread[0], null);
  }
  assert.deepEqual(await counted(rule, { pid, comm }), { value: 5 });
});

kernelTest("process-crashes records the signal and the program that it ended", async () => {
  using shell = new NamedProgram("bw-crash");
  await using rule = new LoadedRule(libraryRule("process-crashes"));
  const crashed = shell.run("-c", "kill -SEGV $$");
  shell.run("-c", "kill -TERM $$");
  shell.run("-c", "exit 11");
  assert.equal(crashed.signal, "SIGSEGV");
  assert.deepEqual(await counted(rule, { comm: shell.name }), { value: 1 });
  const record = rule.records().find(({ fields }) => fields["pid"] === crashed.pid);
  const { comm, ppid, exe, signal } = record?.fields ?? {};
  assert.deepEqual([comm, ppid, signal], [shell.name, process.pid, "SIGSEGV"]);
  assert.ok([realpathSync("/bin/sh"), ""].includes(String(exe)), String(exe)); // its memory may be gone already
});

const THREADS_CRASH = `
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
static void *crash(void *all) {
  prctl(PR_SET_NAME, "bw-worker");
  pthread_barrier_wait(all);
  *(volatile int *)0 = 0;
  return 0;
}
static void caught(int number) { _exit(3); }
int main(int count, char **words) {
  static pthread_barrier_t all;
  int threads = atoi(words[1]);
  if (count > 2) signal(SIGSEGV, caught);
  pthread_barrier_init(&all, 0, threads + 1);
  for (int i = 0; i < threads; i++) { pthread_t thread; pthread_create(&thread, 0, crash, &all); }
  usleep(20000);
  pthread_t last;
  pthread_create(&last, 0, crash, &all); /* all of them crash at once, after the first thread has gone or while it goes */
  pthread_exit(0);
}`;

kernelTest("process-crashes counts a process once, for any of its threads", async () => {
  using program = new CProgram(THREADS_CRASH, ["-O1", "-pthread"], "bw-threads");
  await using rule = new LoadedRule(libraryRule("process-crashes"));
  const ended = [0, 1, 7, 7, 7].map((threads) => spawnSync(program.path, [String(threads)]));
  const handled = spawnSync(program.path, ["3", "handled"]);
  assert.deepEqual([...ended.map(({ signal }) => signal), handled.status], [...ended.map(() => "SIGSEGV"), 3]);
  assert.deepEqual(await counted(rule, { comm: "bw-threads" }), { value: ended.length });
  const records = rule.records().filter(({ fields }) => fields["comm"] === "bw-threads");
  assert.deepEqual(
    records.map(({ fields: { pid, thread, signal } }) => [pid, thread, signal]),
    ended.map(({ pid }) => [pid, "bw-worker", "SIGSEGV"]),
  );
});

kernelTest("exec-audit records a started program, and no missing program", async () => {
  const comm = nameThisThread("bw-execs");
  using shell = new NamedProgram("bw-exec");
  await using rule = new LoadedRule(libraryRule("exec-audit"));
  const { pid: child } = shell.run("-c", ":");
  shell.run("-c", "exec /nowhere/at/all");
  const records = rule.records().filter(({ fields }) => fields["ppid"] === process.pid);
  assert.equal(records.length, 2);
  const { fields } = records[0] ?? assert.fail();
  const { file, arguments: words, exe, pid: found, parent, uid, cwd } = fields;
  assert.deepEqual(
    { file, words, exe, pid: found, parent, uid, cwd },
    {
      file: shell.path,
      words: `${shell.path} -c :`,
      exe: realpathSync("/bin/sh"),
      pid: child,
      parent: comm,
      uid: process.getuid?.(),
      cwd: "/",
    },
  );
});

kernelTest("futex-contention counts waits and their durations", async () => {
  const comm = nameThisThread("bw-futex");
  const startedMs = performance.now(); // this thread's own waits count, too
  await using rule = new LoadedRule(libraryRule("futex-contention"));
  for (let n = 0; n < 3; n++)
    libc.futex(FUTEX, new Uint32Array([7]), FUTEX_WAIT_PRIVATE, 7, new BigInt64Array([0n, 20_000_000n]));
  const tookNs = (performance.now() - startedMs) * 1e6;
  const { waits = 0, blocked = 0 } = await counted(rule, { pid, comm });
  assert.ok(waits >= 3 && blocked >= 60e6 && blocked <= tookNs, `${waits} waits, ${blocked} of ${tookNs} ns`);
});

kernelTest("short-sleeps counts sleeps by requested duration", async () => {
  const comm = nameThisThread("bw-sleeps");
  await using rule = new LoadedRule(libraryRule("short-sleeps"));
  for (const microseconds of [1000, 1000, 1000, 1000, 5000, 15_000]) libc.usleep(microseconds);
  assert.deepEqual(await counted(rule, { pid, comm }), { sleeps: 5, asked: 1_800_000 });
});
