import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite } from "node:test";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { kernel, kernelWithout } from "./host.ts";

/**
 * `program [UID FIRST COUNT]...`: each user opens spans of so many values from the first on, by
 * getpriority(2). In the end user 0 closes those of all, by setpriority(2) with the same values.
 */
const CALLS = `
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(int argc, char **argv) {
  for (int i = 1; i + 2 < argc; i += 3) {
    if (fork() == 0) {
      if (syscall(SYS_setresuid, atoi(argv[i]), -1, -1) != 0) return 1;
      for (int n = 0; n < atoi(argv[i + 2]); n++) syscall(SYS_getpriority, PRIO_USER, atoi(argv[i + 1]) + n);
      _exit(0);
    }
    wait(0);
  }
  for (int i = 1; i + 2 < argc; i += 3)
    for (int n = 0; n < atoi(argv[i + 2]); n++) syscall(SYS_setpriority, PRIO_USER, atoi(argv[i + 1]) + n, 0);
}`;

/** The values by which spans are matched recur, or come once. */
const MATCHES = [
  ["that recur", "args.who"],
  ["that come once", 'cast(args.who, "s64")'],
] as const;
const HOSTS = [
  ["with atomics", kernel],
  ["without atomics", kernelWithout("atomic_fetch")],
] as const;

const rule = (match: string): string => `
rule: spans
probe:
  from: {probe: tracepoint:syscalls:sys_enter_getpriority, filter: comm == "span-load"}
  to: {probe: tracepoint:syscalls:sys_enter_setpriority, filter: comm == "span-load"}
  match: ${match}
  keep: {owner: uid, who: args.who}
  timeout: 10m
by: {owner: owner}
aggregate: count()
`;
const [ATTACKER, HONEST] = [4_011, 4_012];
const [FAR, NEAR] = [600_000_000, 500_000_000];

suite("spans of each user", () => {
  for (const [matchName, match] of MATCHES) {
    for (const [hostName, host] of HOSTS) {
      const name = `values ${matchName}, ${hostName}`;
      kernelTest(`do not push out those of others, and those without room are counted, ${name}`, async () => {
        using program = new CProgram(CALLS, [], "span-load");
        await using loaded = new LoadedRule(rule(match), undefined, host, { spanLimit: 500 });
        const parts = [HONEST, NEAR, 50, ATTACKER, FAR, 20_000, 0, NEAR + 1000, 50];
        execFileSync(program.path, parts.map(String));
        const { rows, health } = await loaded.sample();
        const of = (uid: number): number =>
          rows.find(({ labels }) => labels["owner"] === String(uid))?.values[0]?.[0] ?? 0;
        assert.deepEqual([of(HONEST), of(0)], [50, 50]);
        assert.ok(of(ATTACKER) >= 500 && of(ATTACKER) <= 510, String(of(ATTACKER)));
        assert.equal(health.lost_spans, 20_000 - of(ATTACKER));
        assert.deepEqual([health.lost_keys, health.lost_busy, health.orphaned], [0, 0, 0]);
      });

      kernelTest(`have room again when they have ended, ${name}`, async () => {
        using program = new CProgram(CALLS, [], "span-load");
        await using loaded = new LoadedRule(rule(match), undefined, host, { spanLimit: 500 });
        for (let round = 0; round < 20; round++)
          execFileSync(program.path, [HONEST, NEAR + 200 * round, 200].map(String));
        const { rows, health } = await loaded.sample();
        assert.equal(rows[0]?.values[0]?.[0], 4000);
        assert.equal(health.lost_spans, 0);
      });
    }
  }
});
