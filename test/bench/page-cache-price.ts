import { CProgram, Dialogue } from "../kernel/support/c-program.ts";
import { shippedRule } from "../kernel/support/daemon-process.ts";
import { LoadedRule } from "../kernel/support/loaded-rule.ts";

/** Short enough that some of them are not interrupted. */
const CALLS = { read: 10_000, append: 2_000 } as const;
/** The first finds its caches cold. */
const RUNS = 5;

/**
 * For a line `read CALLS` reads so many pages of a file that is in the page cache, one a pread(2),
 * all over it; for `append CALLS` writes so many pages to the end of an empty file. Answers with
 * the nanoseconds that took.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 4096 };
static char page[PAGE];

static int open_new(void)
{
	char path[] = "/tmp/page-cache-price-XXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	return fd;
}

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
	char what[16];
	long calls;
	int read_from = open_new(), append_to = open_new();
	for (int n = 0; n < PAGES; n++)
		if (write(read_from, page, PAGE) != PAGE)
			return 1;
	while (scanf("%15s %ld", what, &calls) == 2) {
		long long start, took;
		if (ftruncate(append_to, 0) || lseek(append_to, 0, SEEK_SET))
			return 1;
		start = now();
		for (long n = 0; n < calls; n++)
			if (strcmp(what, "read") == 0 ? pread(read_from, page, PAGE, n * 1031 % PAGES * PAGE) != PAGE
						      : write(append_to, page, PAGE) != PAGE)
				return 1;
		took = now() - start;
		printf("%lld\\n", took);
		fflush(stdout);
	}
	return 0;
}
`;

export interface Price {
  readonly withoutNs: number;
  readonly withNs: number;
}

type Call = keyof typeof CALLS;

/**
 * Measures a read of a page in the page cache, and an append, with and without the shipped rule
 * page-cache-hit-ratio, by the wall clock. It takes the least of some rounds, with and without in
 * turn, because other programs can only add to it.
 */
export async function pageCachePrice(rounds: number): Promise<Readonly<Record<Call, Price>>> {
  using program = new CProgram(SOURCE, ["-O2"], "file-calls");
  await using dialogue = new Dialogue(program.path);
  const least = { read: { withoutNs: Infinity, withNs: Infinity }, append: { withoutNs: Infinity, withNs: Infinity } };
  const measure = async (which: keyof Price): Promise<void> => {
    for (const call of ["read", "append"] as const) {
      for (let run = 0; run < RUNS; run++) {
        const took = Number(await dialogue.ask(`${call} ${CALLS[call]}`)) / CALLS[call];
        least[call][which] = Math.min(least[call][which], took);
      }
    }
  };
  for (let round = 0; round < rounds; round++) {
    await measure("withoutNs");
    await using _rule = new LoadedRule(shippedRule("page-cache-hit-ratio"));
    await measure("withNs");
  }
  return least;
}
