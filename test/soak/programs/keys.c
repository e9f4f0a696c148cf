// Calls getpriority(2) with SPAN different numbers from LOWEST on, each once, then waits, again and again: keys of a rule by that number.
// keys LOWEST SPAN SECONDS
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
  unsigned lowest = atoi(words[1]), span = atoi(words[2]);
  time_t end = time(NULL) + atoi(words[3]);
  while (time(NULL) < end) {
    for (unsigned i = 0; i < span; i++) getpriority(PRIO_PROCESS, lowest + i);
    sleep(5);
  }
  return 0;
}
