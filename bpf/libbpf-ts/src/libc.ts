import koffi from "koffi";
import { nativeLibrary } from "./native.ts";

/**
 * The functions of the C library that this package uses. Each returns -1 on failure, with the
 * reason in `lastErrno()`.
 */
const library = nativeLibrary("libc.so.6", "libc.so.6 not found: this package needs glibc");

export const close = library.bind("int close(int fd)");
export const mmap = library.bind<bigint>(
  "void *mmap(void *at, size_t bytes, int protection, int flags, int fd, int64_t offset)",
);
export const munmap = library.bind("int munmap(void *at, size_t bytes)");
/**
 * Declared without variadic arguments: it passes them in registers, as the variadic original does
 * on x86-64 and arm64.
 */
export const ioctl = library.bind("int ioctl(int fd, unsigned long request, long argument)");
/** perf_event_open(2), which has no wrapper in libc; declared like `ioctl` */
export const syscallPerfEventOpen = library.bind(
  "long syscall(long number, const void *attributes, int pid, int cpu, int group, unsigned long flags)",
);
/** bpf(2), for commands that libbpf 1.1 lacks; declared like `ioctl` */
export const syscallBpf = library.bind("long syscall(long number, int command, void *attributes, unsigned int bytes)");
export const pthreadSigmask = library.bind("int pthread_sigmask(int how, const void *set, void *old)");
export const sysconf = library.bind("long sysconf(int name)");

/** Returns errno of the last call on this thread, unless the call was made through `onThread`. */
export function lastErrno(): number {
  return koffi.errno();
}
