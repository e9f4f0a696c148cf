import { CProgram } from "../support/c-program.ts";

/**
 * Opens a file in each way that the kernel has, whose name is that of the way: `file-opens FOLDER/
 * WAY...`. Prints the result of each, -ENOSYS where this processor has it not; those of the 32-bit
 * table end the program where the kernel has none.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct low { char name[4096]; struct open_how how; char handle[sizeof(struct file_handle) + 128]; } *low;

static long by_io_uring(int op) {
  struct io_uring_params p = {0};
  int fd = syscall(SYS_io_uring_setup, 4, &p);
  if (fd < 0) return -1;
  char *sq = mmap(0, p.sq_off.array + p.sq_entries * 4, 3, MAP_SHARED, fd, IORING_OFF_SQ_RING);
  char *cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), 3, MAP_SHARED, fd, IORING_OFF_CQ_RING);
  struct io_uring_sqe *e = mmap(0, p.sq_entries * sizeof *e, 3, MAP_SHARED, fd, IORING_OFF_SQES);
  memset(e, 0, sizeof *e);
  e->opcode = op; e->fd = AT_FDCWD; e->addr = (unsigned long)low->name;
  if (op == IORING_OP_OPENAT2) { e->len = sizeof low->how; e->off = (unsigned long)&low->how; }
  ((unsigned *)(sq + p.sq_off.array))[0] = 0;
  __atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1) return -1;
  return ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[0].res;
}

static int handle(void) {
  struct file_handle *h = (void *)low->handle;
  int id;
  h->handle_bytes = 128;
  return name_to_handle_at(AT_FDCWD, low->name, h, &id, 0);
}

#ifdef __x86_64__
static long call32(long number, long b, long c, long d) {
  long r;
  asm volatile("int $0x80" : "=a"(r) : "a"(number), "b"(b), "c"(c), "d"(d), "S"(sizeof low->how) : "memory", "r8", "r9", "r10", "r11");
  return (int)r;
}
#define LOW(field) ((long)(unsigned long)&low->field)
#endif

static long opened(const char *way, int folder) {
  if (!strcmp(way, "openat")) return syscall(SYS_openat, AT_FDCWD, low->name, O_RDONLY);
  if (!strcmp(way, "openat2")) return syscall(SYS_openat2, AT_FDCWD, low->name, &low->how, sizeof low->how);
  if (!strcmp(way, "handle")) return handle() ? -1 : syscall(SYS_open_by_handle_at, folder, low->handle, O_RDONLY);
  if (!strcmp(way, "io_uring-openat")) return by_io_uring(IORING_OP_OPENAT);
  if (!strcmp(way, "io_uring-openat2")) return by_io_uring(IORING_OP_OPENAT2);
#ifdef __x86_64__
  if (!strcmp(way, "open")) return syscall(SYS_open, low->name, O_RDONLY);
  if (!strcmp(way, "creat")) return syscall(SYS_creat, low->name, 0600);
  if (!strcmp(way, "open-32")) return call32(5, LOW(name), O_RDONLY, 0);
  if (!strcmp(way, "open-32-upper")) return call32(5, LOW(name) | 1L << 32, O_RDONLY, 0); /* the kernel takes the lower half */
  if (!strcmp(way, "creat-32")) return call32(8, LOW(name), 0600, 0);
  if (!strcmp(way, "openat-32")) return call32(295, AT_FDCWD, LOW(name), O_RDONLY);
  if (!strcmp(way, "openat2-32")) return call32(437, AT_FDCWD, LOW(name), LOW(how));
  if (!strcmp(way, "handle-32")) return handle() ? -1 : call32(342, folder, LOW(handle), O_RDONLY);
#endif
  return -1;
}

int main(int count, char **words) {
  low = mmap((void *)0x10000000, sizeof *low, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  int folder = open(words[1], O_RDONLY | O_DIRECTORY);
  for (int i = 2; i < count; i++) {
    sprintf(low->name, "%s%s", words[1], words[i]);
    errno = ENOSYS;
    long result = opened(words[i], folder);
    printf("%s %ld\\n", words[i], result == -1 ? -errno : result); fflush(stdout);
  }
}`;

export const OPENING_WAYS = [
  "open",
  "creat",
  "openat",
  "openat2",
  "handle",
  "io_uring-openat",
  "io_uring-openat2",
] as const;
export const OPENING_WAYS_32 = [
  "open-32",
  "open-32-upper",
  "creat-32",
  "openat-32",
  "openat2-32",
  "handle-32",
] as const;

export function fileOpener(): CProgram {
  return new CProgram(SOURCE, ["-O1", "-w"], "file-opens");
}
