import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const START = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
static void show(const char *link) {
  char text[4096]; long length = readlink(link, text, sizeof text);
  printf("%.*s\\n", (int)length, text); fflush(stdout); }
`;

/**
 * Opens files that are in no folder, or are no longer in one, and prints what /proc/self/fd shows
 * of each. An lseek(2) reports each file to the rule.
 */
const FILES = `${START}
static void look(int file) {
  char link[64];
  if (file < 0) return;
  sprintf(link, "/proc/self/fd/%d", file); show(link); lseek(file, 77, SEEK_SET); }
int main(int argc, char **argv) {
  int pipes[2], sockets[2]; char path[4096]; sigset_t none; sigemptyset(&none);
  if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return 1;
  look(memfd_create("payload", 0)); look(memfd_create("", 0)); look(memfd_create("a b: 0123456789 0123456789 0123456789", 0));
  look(pipes[0]); look(sockets[0]); look(socket(AF_INET, SOCK_DGRAM, 0));
  look(eventfd(0, 0)); look(epoll_create1(0)); look(timerfd_create(CLOCK_MONOTONIC, 0)); look(signalfd(-1, &none, 0));
  look(syscall(SYS_pidfd_open, getpid(), 0));
  look(open("/proc/self/ns/net", O_RDONLY)); look(open("/proc/self/ns/uts", O_RDONLY));
  sprintf(path, "%s/deleted", argv[1]);
  int deleted = open(path, O_CREAT | O_RDWR, 0600); look(deleted); unlink(path); look(deleted);
  sprintf(path, "%s/name (deleted)", argv[1]); look(open(path, O_CREAT | O_RDWR, 0600));
  look(open(argv[1], O_TMPFILE | O_RDWR, 0600));
  sprintf(path, "%s/gone", argv[1]); mkdir(path, 0700); int folder = open(path, O_RDONLY); rmdir(path); look(folder);
  look(open("/dev/null", O_RDONLY)); look(open("/", O_RDONLY)); look(open("/proc/self/status", O_RDONLY));
  return 0; }`;

/**
 * Prints what /proc/self/exe shows: of itself, of a copy that runs from memory, of one whose file
 * is deleted meanwhile.
 */
const PROGRAMS = `${START}
static void copy(int to) {
  char block[65536]; long count; int self = open("/proc/self/exe", O_RDONLY);
  while ((count = read(self, block, sizeof block)) > 0) if (write(to, block, count) != count) exit(1);
  close(self); }
static void tell(void) { show("/proc/self/exe"); lseek(0, 77, SEEK_SET); }
int main(int argc, char **argv) {
  if (argc > 2) { tell(); if (unlink(argv[2]) == 0) tell(); return 0; }
  tell();
  int memory = memfd_create("payload", 0); copy(memory);
  if (fork() == 0) { fexecve(memory, (char *[]){"a", "in memory", "", 0}, environ); return 1; }
  wait(0);
  char path[4096]; sprintf(path, "%s/copied", argv[1]);
  int file = open(path, O_CREAT | O_WRONLY, 0700); copy(file); close(file);
  if (fork() == 0) { execv(path, (char *[]){"a", "in a file", path, 0}); return 1; }
  wait(0);
  return 0; }`;

/**
 * Returns the values of a rule at each lseek(2) of a program, and those of /proc at the same time.
 */
async function bothOf(source: string, event: string): Promise<{ readonly found: unknown; readonly shown: unknown }> {
  using program = new CProgram(source);
  const [probe, filter] = ["tracepoint:syscalls:sys_enter_lseek", 'comm != "node" and args.offset == 77'];
  await using loaded = new LoadedRule(JSON.stringify({ rule: "paths", probe, filter, event: { path: event } }));
  const shown = execFileSync(program.path, [program.folder], { encoding: "utf8" }).trimEnd().split("\n");
  return { found: loaded.records().map(({ fields }) => fields["path"]), shown };
}

kernelTest("the path of a file that is in no folder, or no longer in one, equals that of /proc", async () => {
  const { found, shown } = await bothOf(FILES, "path(task.files.fdt.fd[args.fd])");

  assert.deepEqual(found, shown);
});

kernelTest("exe of a program that runs from memory, or was deleted, equals that of /proc", async () => {
  const { found, shown } = await bothOf(PROGRAMS, "exe");
  assert.deepEqual(found, shown);
});
