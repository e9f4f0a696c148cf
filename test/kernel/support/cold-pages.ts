/**
 * Calls `target` twice with the text and the number of a mapped file: first while no page of it is
 * there, then while it is.
 */
export const COLD_FILE = `
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
struct pair { int number; char text[60]; };
__attribute__((noinline)) int target(int turn, const struct pair *p, const char *text) {
  asm volatile("" ::"r"(p), "r"(text) : "memory"); return turn; }
int main(int argc, char **argv) {
  int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct pair pair = {7, "hello"};
  if (write(file, &pair, sizeof pair) != sizeof pair) return 1;
  struct pair *p = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
  unsigned char resident = 1;
  target(1, p, p->text);                       /* "p->text" is an address only */
  if (mincore(p, 4096, &resident) != 0) return 1;
  volatile int seen = p->number;
  target(2, p, p->text);
  target(3, 0, 0);
  return seen != 7; }`;

/**
 * Two names with one beginning and their ends in another page. Calls are made with each while that
 * page is absent, then while it is present.
 */
export const COLD_END = `
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((noinline)) int target(int turn, const char *name) { asm volatile("" ::"r"(name) : "memory"); return turn; }
static char *map(char *path, const char *end) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (write(file, end, 5) != 5 || unlink(path) != 0) _exit(1);
  char *pages = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(pages + 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
  memset(pages + 4096 - 300, 'x', 300);
  return pages; }
int main(int argc, char **argv) {
  char *a = map(argv[1], "AAAA"), *b = map(argv[1], "BBBB");
  unsigned char resident = 1;
  target(0, a + 4096 - 300); target(0, b + 4096 - 300);
  volatile char seen = a[4096]; seen = b[4096];
  target(1, a + 4096 - 300); target(1, b + 4096 - 300);
  return 0; }`;
