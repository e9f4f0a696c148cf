import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite } from "node:test";
import type { Sample } from "../../../daemon/sample/sample.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { kernel, kernelWithout } from "./host.ts";

/**
 * `program [UID STEP FIRST COUNT]...`: so many values from the first on, by getpriority(2), each as
 * a user whose id is a step greater.
 */
const CALLS = `
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(int argc, char **argv) {
  for (int i = 1; i + 3 < argc; i += 4)
    if (fork() == 0) {
      int uid = atoi(argv[i]), step = atoi(argv[i + 1]), first = atoi(argv[i + 2]);
      for (int n = 0; n < atoi(argv[i + 3]); n++) {
        if ((n == 0 || step > 0) && syscall(SYS_setresuid, uid + n * step, 0, 0) != 0) return 1;
        syscall(SYS_getpriority, PRIO_USER, first + n);
      }
      _exit(0);
    } else {
      int status;
      wait(&status);
      if (status != 0) return 1;
    }
}`;

const HEAD = `
rule: keys
probe: tracepoint:syscalls:sys_enter_getpriority
filter: comm == "key-load"
`;
const KEYED = `${HEAD}by: {who: args.who}\naggregate: `;
const AGGREGATES = ["count()", "avg(args.who)", "distinct(args.who)", "histogram(args.who)"] as const;

const [ATTACKER, HONEST] = [4_011, 4_012];
/** Ids of one block of 65,536, as a user may have in a user namespace. */
const BLOCK = 200_000;
/** Few of 160 is 10, and 80 are in reserve. */
const KEYS = 160;
const [FAR, NEAR] = [600_000_000, 500_000_000];

/** Keys of a sample between two values. */
function keysFrom({ rows }: Sample, first: number, count: number): number {
  return rows.filter(({ labels }) => {
    const who = Number(labels["who"] ?? Number.NaN);
    return who >= first && who < first + count;
  }).length;
}

suite("keys of each user", () => {
  for (const aggregate of AGGREGATES) {
    kernelTest(`only one user's many keys are counted under \`other\`, ${aggregate}`, async () => {
      using program = new CProgram(CALLS, [], "key-load");
      await using loaded = new LoadedRule(KEYED + aggregate, undefined, kernel, { keyLimit: KEYS });
      const parts = [HONEST, 0, NEAR, 5, ATTACKER, 0, FAR, 20_000, HONEST, 0, NEAR + 50, 4, 0, 0, NEAR + 100, 9];
      execFileSync(program.path, parts.map(String));
      const sample = await loaded.sample();
      assert.deepEqual(
        [5, 4, 9],
        [keysFrom(sample, NEAR, 5), keysFrom(sample, NEAR + 50, 4), keysFrom(sample, NEAR + 100, 9)],
      );
      assert.equal(keysFrom(sample, FAR, 20_000), KEYS - 5);
      assert.equal(sample.health.lost_keys, 20_000 - (KEYS - 5));
      assert.deepEqual([sample.health.lost_busy, sample.health.matched], [0, 20_018]);
    });
  }

  kernelTest("are also limited by keys of earlier ticks, which stay known for a window", async () => {
    using program = new CProgram(CALLS, [], "key-load");
    await using loaded = new LoadedRule(`${KEYED}count()`, undefined, kernelWithout("atomic_fetch"), {
      keyLimit: KEYS,
    });
    const seen: (readonly number[])[] = [];
    for (let tick = 0; tick < 4; tick++) {
      // what the attacker comes upon first is not his where he has no share left
      const attack = [ATTACKER, 0, FAR + 60 * tick, 60, ATTACKER, 0, NEAR + 50 + tick, 1];
      execFileSync(program.path, [...attack, HONEST, 0, NEAR, 5, HONEST, 0, NEAR + 50 + tick, 1].map(String));
      const sample = await loaded.sample();
      seen.push([
        keysFrom(sample, FAR, 1000),
        keysFrom(sample, NEAR, 5),
        keysFrom(sample, NEAR + 50, 10),
        sample.health.lost_keys,
      ]);
    }
    assert.deepEqual(seen, [
      [60, 5, 1, 0],
      [60, 5, 1, 0],
      [160 - 127, 5, 1, 60 - (160 - 127) + 1],
      [0, 5, 1, 61],
    ]);
  });

  kernelTest("have room again when they have not been seen for a window", async () => {
    using program = new CProgram(CALLS, [], "key-load");
    await using loaded = new LoadedRule(`${KEYED}count()\nwindow: 1s`, undefined, kernel, { keyLimit: KEYS });
    execFileSync(program.path, [ATTACKER, 0, FAR, 1000].map(String));
    assert.equal(keysFrom(await loaded.sample(), FAR, 1000), KEYS);
    const until = performance.now() + 30_000;
    for (let first = FAR + 1000; ; first += 100) {
      execFileSync(program.path, [ATTACKER, 0, first, 100].map(String));
      if (keysFrom(await loaded.sample(), first, 100) === 100) break;
      assert.ok(performance.now() < until, "no room");
    }
  });

  kernelTest("many ids of one block count as one user, who has a share of the reserve", async () => {
    using program = new CProgram(CALLS, [], "key-load");
    await using loaded = new LoadedRule(`${KEYED}count()`, undefined, kernel, { keyLimit: KEYS });
    const parts = [ATTACKER, 0, FAR, 1000, BLOCK, 1, FAR + 10_000, 1000, HONEST, 0, NEAR, 10, HONEST, 0, NEAR + 50, 1];
    execFileSync(program.path, parts.map(String));
    const sample = await loaded.sample();
    assert.deepEqual([keysFrom(sample, FAR, 1000), keysFrom(sample, FAR + 10_000, 1000)], [KEYS, 40]);
    // few is less than ten
    assert.deepEqual([keysFrom(sample, NEAR, 10), keysFrom(sample, NEAR + 50, 1)], [10, 0]);
  });

  kernelTest("buckets of a user's keys overflow for that user only", async () => {
    using program = new CProgram(CALLS, [], "key-load");
    // 1,000 buckets a key; of the 16,384 that 40 keys have room for 1,024 are few
    const text = `${HEAD}by: {k: args.who / 1000}\naggregate: linear_histogram(args.who % 1000, 0, 1000, 1)`;
    await using loaded = new LoadedRule(text, undefined, kernel, { keyLimit: 40 });
    for (let tick = 0; tick < 2; tick++) {
      execFileSync(program.path, [ATTACKER, 0, FAR, 30_000, HONEST, 0, NEAR, 500].map(String));
      const { rows, health } = await loaded.sample();
      const honest = rows.find(({ labels }) => labels["k"] === String(NEAR / 1000));
      const counts = (honest?.values[0] ?? []).filter((_, index) => index % 2 === 1);
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        500,
      );
      assert.deepEqual([health.lost_keys, health.lost_busy], [30_000 - 16_384, 0]);
    }
  });
});
