import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import koffi from "koffi";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";

/**
 * Names a file by a text that is not resident, while another thread names one that is; then both as
 * one thread does. With a second argument names that file by such a text, and waits in the call.
 * Each text has a mapping of its own: a fault maps what lies around it.
 */
const SOURCE = `
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static void *others(void *unused) {
  for (int turn = 0; turn < 20; turn++) open("/bpfwarden-other", O_RDONLY);
  return unused; }
static int file;
static char *absent(void) { return mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0); }
int main(int argc, char **argv) {
  file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  char page[4096] = "/bpfwarden-absent";
  if (argc > 2) strcpy(page, argv[2]);
  if (write(file, page, sizeof page) != sizeof page) return 1;
  if (argc > 2) return openat(AT_FDCWD, absent(), O_WRONLY);
  char *text = absent();
  pthread_t thread;
  pthread_create(&thread, 0, others, 0);
  openat(AT_FDCWD, text, O_RDONLY);            /* the kernel reads it in */
  pthread_join(thread, 0);
  openat(AT_FDCWD, text, O_RDONLY);
  openat(AT_FDCWD, "/bpfwarden-present", O_RDONLY);
  openat(AT_FDCWD, (char *)16, O_RDONLY);      /* nothing can ever be read there */
  openat(AT_FDCWD, (char *)0x7ffffffff000 - 4096, O_RDONLY);
  chdir(absent());
  execl(absent(), "x", (char *)0);
  return 0; }`;

/** Since Linux 6.10 texts of an exec are read later. Before, its entry leaves no mark. */
const readsExecsLater = hostKernel.btf.find("typedef", "btf_trace_sched_prepare_exec") !== undefined;

interface Found {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly unreadable?: readonly string[];
}

async function recordsOf(program: CProgram, rule: object): Promise<readonly Found[]> {
  const probe = "tracepoint:syscalls:sys_enter_openat";
  await using loaded = new LoadedRule(JSON.stringify({ rule: "deferred", probe, ...rule }));
  execFileSync(program.path, [`${program.folder}/mapped`]);
  return loaded.records().map(({ fields, unreadable }) => ({ fields, ...(unreadable && { unreadable }) }));
}

const NAME = "str(args.filename)";
const OURS = 'comm == "program" and args.dfd == AT_FDCWD';
/** openat(2) */
const OPENAT = process.arch === "x64" ? 257 : 56;
/** execve(2) */
const EXECVE = process.arch === "x64" ? 59 : 221;
const ABSENT = { fields: { file: "/bpfwarden-absent" } };

kernelTest("a name that the entry of a call cannot read is recorded once, when the call returns", async () => {
  using program = new CProgram(SOURCE, ["-pthread"]);
  const found = await recordsOf(program, { filter: OURS, event: { file: NAME } });
  const named = found.filter(({ fields }) => String(fields["file"]).startsWith("/bpfwarden-"));
  assert.deepEqual(
    named.filter(({ fields }) => fields["file"] !== "/bpfwarden-other"),
    [ABSENT, ABSENT, { fields: { file: "/bpfwarden-present" } }],
  );
  assert.equal(named.filter(({ fields }) => fields["file"] === "/bpfwarden-other").length, 20);
  const unread = found.filter(({ unreadable }) => unreadable !== undefined);
  assert.deepEqual(unread, [{ fields: { file: null }, unreadable: ["file"] }]);
});

kernelTest("a filter that the entry of a call cannot decide is decided when the call returns", async () => {
  using program = new CProgram(SOURCE, ["-pthread"]);
  const is = await recordsOf(program, {
    filter: `${OURS} and ${NAME} == "/bpfwarden-absent"`,
    event: { file: NAME, flags: "args.flags", number: "args.__syscall_nr" },
  });
  const known = is.filter(({ unreadable }) => unreadable === undefined);
  assert.equal(known.length, 2);
  assert.deepEqual(known[0], known[1], "what the call was given is the same at its return");
  const other = await recordsOf(program, {
    filter: `${OURS} and starts_with(${NAME}, "/bpfwarden-") and ${NAME} != "/bpfwarden-absent" and ${NAME} != "/bpfwarden-other"`,
    event: { file: NAME },
  });
  assert.deepEqual(
    other.filter(({ unreadable }) => unreadable === undefined),
    [{ fields: { file: "/bpfwarden-present" } }],
  );
});

kernelTest("fields that the entry of an execve or exit cannot read are reported as unreadable", async () => {
  using program = new CProgram(SOURCE, ["-pthread"]);
  const probe = "tracepoint:syscalls:sys_enter_chdir";
  const found = await recordsOf(program, { probe, filter: 'comm == "program"', event: { file: NAME } });
  assert.deepEqual(found, [{ fields: { file: null }, unreadable: ["file"] }]);
});

/**
 * Runs /bin/true by a name and arguments that are not resident, from a thread where there is a
 * second argument, after trying what is absent.
 */
const EXEC = `
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static int file;
static char *cold(char *path, const char *text) {
  char page[4096] = "";
  strcpy(page, text);
  file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (write(file, page, sizeof page) != sizeof page || unlink(path) != 0) exit(1);
  return mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0); }
static void *run(void *path) {
  char *given[] = {cold(path, "first"), cold(path, "second word"), 0};
  char **arguments = (char **)cold(path, "");
  if (pwrite(file, given, sizeof given, 0) != sizeof given) exit(1);
  execv(cold(path, "/bpfwarden-absent"), given);
  execv(cold(path, "/bin/true"), arguments);
  exit(1); }
int main(int argc, char **argv) {
  pthread_t thread;
  if (argc < 3) run(argv[1]);
  pthread_create(&thread, 0, run, argv[1]);
  pthread_join(thread, 0); }`;

kernelTest("fields that the entry of an exec cannot read are recorded before the program is replaced", async () => {
  using program = new CProgram(EXEC, ["-pthread"]);
  for (const more of [[], ["thread"]]) {
    for (const filter of ['comm == "program"', `comm == "program" and starts_with(${NAME}, "/b")`]) {
      const probe = { any: ["tracepoint:syscalls:sys_enter_execve", "tracepoint:syscalls:sys_enter_execveat"] };
      const event = {
        file: NAME,
        words: "argv()",
        comm: "comm",
        exe: "exe",
        number: "args.__syscall_nr",
        call: "func",
      };
      await using loaded = new LoadedRule(JSON.stringify({ rule: "deferred", probe, filter, event }));
      execFileSync(program.path, [`${program.folder}/mapped`, ...more]);
      const same = { comm: "program", exe: program.path, number: EXECVE, call: "sys_enter_execve" };
      const found = loaded.records().map(({ fields, unreadable }) => ({ fields, unreadable }));
      assert.equal(found.length, 2, "none is lost");
      // where there is no such file, the kernel has not looked at the arguments
      const failed = { fields: { file: "/bpfwarden-absent", words: null, ...same }, unreadable: ["words"] };
      const words = "first second word";
      const succeeded = { fields: { file: "/bin/true", words, ...same }, unreadable: undefined };
      if (readsExecsLater) assert.deepEqual(found, [failed, succeeded]);
      else for (const { unreadable } of found) assert.deepEqual(unreadable?.slice(0, 2), ["file", "words"]);
    }
  }
});

kernelTest("calls of several kinds, with records of any length, are distinguished at their returns", async () => {
  using program = new CProgram(SOURCE, ["-pthread"]);
  const probe = { any: ["tracepoint:syscalls:sys_enter_openat", "tracepoint:syscalls:sys_enter_chdir"] };
  const event = { file: NAME, exe: "exe", first: "buf(args.filename, 8)", call: "func" };
  const found = await recordsOf(program, { probe, filter: `comm == "program"`, event });
  const call = "sys_enter_openat";
  const absent = { fields: { file: "/bpfwarden-absent", exe: program.path, first: "/bpfward", call } };
  assert.deepEqual(
    found.filter(({ fields }) => fields["file"] === "/bpfwarden-absent" || fields["call"] === "sys_enter_chdir"),
    [
      absent,
      absent,
      {
        fields: { file: null, exe: program.path, first: null, call: "sys_enter_chdir" },
        unreadable: ["file", "first"],
      },
    ],
  );
});

kernelTest("a call whose thread is killed is recorded too", async () => {
  using program = new CProgram(SOURCE, ["-pthread"]);
  const fifo = `${program.folder}/fifo`;
  execFileSync("mkfifo", [fifo]);
  await using loaded = new LoadedRule(
    JSON.stringify({
      rule: "deferred",
      probe: "tracepoint:syscalls:sys_enter_openat",
      filter: `${OURS} and args.flags == O_WRONLY`,
      event: { file: NAME },
    }),
  );
  const child = spawn(program.path, [`${program.folder}/mapped`, fifo]);
  // the number of the call that a thread sleeps in comes first
  await waitUntil("the call to wait", () =>
    readFileSync(`/proc/${String(child.pid)}/syscall`, "utf8").startsWith(`${OPENAT} `),
  );
  assert.deepEqual(loaded.records(), []);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.deepEqual(
    loaded.records().map(({ fields }) => fields),
    [{ file: fifo }],
  );
});

kernelTest("the mark of a call that never returned is not taken for one of a later exec", async () => {
  // The shell has read what it is to run: the entry of its exec can read that.
  const shell = spawn("sh", ["-c", "read line; exec /bin/true word"], { stdio: ["pipe", "ignore", "ignore"] });
  const thread = shell.pid ?? 0;
  const rule = {
    rule: "deferred",
    probe: "tracepoint:syscalls:sys_enter_execve",
    filter: `pid == ${thread}`,
    event: { file: NAME, words: "argv()" },
  };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  if (readsExecsLater) leaveMark(thread);
  shell.stdin.end("\n");
  await once(shell, "exit");
  assert.deepEqual(
    loaded.records().map(({ fields }) => fields),
    [{ file: "/bin/true", words: "/bin/true word" }],
  );
});

const updateElement = koffi
  .load("libbpf.so.1")
  .func("int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)");

/** Leaves a mark of a thread for the first program of a rule of this process. */
function leaveMark(thread: number): void {
  const found = readdirSync("/proc/self/fd").filter((fd) => isMarks(fdInfo(fd)));
  assert.equal(found.length, 1);
  const [key, registers] = [Uint32Array.of(thread, 0), BigUint64Array.of(1n)];
  assert.equal(updateElement(Number(found[0]), key, registers, 0n), 0);
}

/** @param info of a hash map with the sizes of the map of marks */
const isMarks = (info: string): boolean =>
  ["map_type:\t1", "key_size:\t8", "value_size:\t8", "max_entries:\t4096"].every((line) => info.includes(`${line}\n`));

function fdInfo(fd: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    return "";
  }
}
