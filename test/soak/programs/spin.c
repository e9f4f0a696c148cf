// Burns a processor in code without a name, for SECONDS:
//   spin maps SECONDS FOLDER      behind 65,000 mappings with long paths
//   spin perf-map SECONDS LINES   with a map of so many lines in /tmp, which grows
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char CODE[] = {0x55, 0x48, 0x89, 0xe5, 0xeb, 0xfe}; // push rbp; mov rbp,rsp; jmp .

static void map_often(const char *folder) {
  char name[201];
  memset(name, 'd', 200);
  name[200] = 0;
  if (chdir(folder)) exit(1);
  for (int i = 0; i < 18; i++) {
    mkdir(name, 0755);
    if (chdir(name)) exit(1);
  }
  int fd = open("f", O_RDWR | O_CREAT, 0755);
  if (ftruncate(fd, 1 << 20)) exit(1);
  for (int i = 0; i < 65000; i++)
    if (mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, (i % 2) * 8192) == MAP_FAILED) break;
}

static void write_map(long lines) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
  FILE *file = fopen(path, "w");
  for (long i = 0; i < lines; i++) fputs("0 1 a\n", file);
  fclose(file);
  if (fork() != 0) return;
  for (int i = 0; i < 20 && getppid() != 1; i++) {
    sleep(1);
    file = fopen(path, "a");
    fputs("0 1 b\n", file);
    fclose(file);
  }
  unlink(path);
  _exit(0);
}

int main(int count, char **words) {
  char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 1;
  memcpy(code, CODE, sizeof CODE);
  alarm(atoi(words[2]));
  if (strcmp(words[1], "maps") == 0) map_often(words[3]);
  else write_map(atol(words[3]));
  ((void (*)(void))code)();
  return 0;
}
