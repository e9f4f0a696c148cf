import { readFileSync } from "node:fs";
import koffi from "koffi";

const library = koffi.load("libc.so.6");

/** Calls of the C library that Node.js does not make, made on the main thread. */
export const libc = {
  usleep: library.func("int usleep(unsigned int microseconds)"),
  mount: library.func(
    "int mount(const char *source, const char *target, const char *type, unsigned long flags, void *data)",
  ),
  umount: library.func("int umount2(const char *target, int flags)"),
  setitimer: library.func("int setitimer(int which, const void *timer, void *old)"),
  sync: library.func("void sync()"),
  syncfs: library.func("int syncfs(int fd)"),
  /** futex(2) on a word that nobody wakes; `timeout` are the seconds and nanoseconds */
  futex: library.func("long syscall(long number, uint32_t *word, int op, uint32_t value, int64_t *timeout)"),
  threads: library.func("int pthread_create(_Out_ uint64_t *thread, void *attributes, void *start, void *argument)"),
  join: library.func("int pthread_join(uint64_t thread, void *result)"),
  getpriority: library.func("int getpriority(int which, uint32_t who)"),
  symbol: library.func("void *dlsym(void *handle, const char *name)"),
} as const;

/**
 * Gives the main thread of this process a name that nothing else on the host has; `comm` in rules
 * is that.
 */
export function nameThisThread(name: string): string {
  process.title = name;
  const comm = readFileSync("/proc/self/comm", "utf8").trim();
  if (comm !== name) throw new Error(`expected the name "${name}", found "${comm}"`);
  return comm;
}
