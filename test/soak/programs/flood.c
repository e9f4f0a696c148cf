// Calls the function that the shell audit probes, without end: shown as /usr/bin/bash in a mount namespace of its user.
// flood BYTES SECONDS
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *line;

__attribute__((noinline)) char *readline_internal_teardown(int eof) {
  __asm__ volatile("" ::: "memory");
  return line;
}

int main(int count, char **words) {
  int bytes = atoi(words[1]);
  time_t end = time(NULL) + atoi(words[2]);
  line = malloc(bytes + 1);
  memset(line, 'A', bytes);
  line[bytes] = 0;
  sleep(4);
  while (time(NULL) < end)
    for (int i = 0; i < 100; i++) readline_internal_teardown(0);
  return 0;
}
