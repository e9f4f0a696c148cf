import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite } from "node:test";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { kernel, kernelWithout } from "./host.ts";

/**
 * `program UID TIMES WHO [UID TIMES WHO]...`: calls getpriority(2) so often as each of these users,
 * one after the other.
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
      for (int n = atoi(argv[i + 1]); n > 0; n--) syscall(SYS_getpriority, PRIO_USER, atoi(argv[i + 2]));
      _exit(0);
    }
    wait(0);
  }
}`;

const RULE = `
rule: limited
probe: tracepoint:syscalls:sys_enter_getpriority
filter: comm == "limit-load" and args.who >= 700000000
event: {uid: uid, who: args.who, more: TEXT}
`;
/** Records in place, and packed ones. */
const RULES = [RULE.replace("TEXT", "tid"), RULE.replace("TEXT", `"str(task.comm, 600)"`)] as const;
const [ATTACKER, HONEST] = [4_001, 4_002];
const WHO = 700_000_001;

suite("records of each user", () => {
  for (const [index, rule] of RULES.entries()) {
    for (const host of [kernel, kernelWithout("atomic_fetch", "current_task_btf")]) {
      const name = `${index === 0 ? "in place" : "packed"}, ${host === kernel ? "with" : "without"} atomics`;
      kernelTest(`beyond a user's share are left out and counted for that user alone, ${name}`, async () => {
        using program = new CProgram(CALLS, [], "limit-load");
        const limits = { recordRate: 10, ringBytes: 1 << 20 };
        await using loaded = new LoadedRule(rule, undefined, host, limits);
        execFileSync(program.path, [ATTACKER, 5000, WHO, HONEST, 30, WHO, 0, 30, WHO].map(String));
        const records = loaded.records();
        const { drained } = await loaded.drain();
        const of = (uid: number): number => records.filter(({ fields }) => fields["uid"] === uid).length;
        // ten seconds' worth at once, and what the time of the load adds
        assert.ok(of(ATTACKER) >= 100 && of(ATTACKER) < 200, `${of(ATTACKER)} of ${ATTACKER}`);
        assert.deepEqual([of(HONEST), of(0)], [30, 30]);
        assert.deepEqual(drained.leftOut, [{ uid: ATTACKER, count: 5000 - of(ATTACKER) }]);
        assert.equal(drained.health.left_out, BigInt(5000 - of(ATTACKER)));
        assert.equal(drained.health.lost_ring, 0n);
      });
    }
  }

  kernelTest("of quiet users find room in a ring that another user floods", async () => {
    using program = new CProgram(CALLS, [], "limit-load");
    const limits = { recordRate: 1000, ringBytes: 64 << 10 };
    await using loaded = new LoadedRule(RULES[0], undefined, kernel, limits);
    execFileSync(program.path, [ATTACKER, 20_000, WHO, HONEST, 50, WHO, 0, 50, WHO].map(String));
    const records = loaded.records();
    const { drained } = await loaded.drain();
    const of = (uid: number): number => records.filter(({ fields }) => fields["uid"] === uid).length;
    assert.deepEqual([of(HONEST), of(0)], [50, 50]);
    assert.equal(drained.health.lost_ring, 0n);
    assert.equal(of(ATTACKER) + (drained.leftOut?.[0]?.count ?? 0), 20_000);
  });

  kernelTest("of a user with many ids have the shares of four users", async () => {
    using program = new CProgram(CALLS, [], "limit-load");
    const limits = { recordRate: 10, ringBytes: 1 << 20 };
    await using loaded = new LoadedRule(RULES[0], undefined, kernel, limits);
    const ids = Array.from({ length: 40 }, (_, n) => [(9 << 16) + n, 100, WHO]);
    execFileSync(program.path, [...ids.flat(), HONEST, 30, WHO].map(String));
    const records = loaded.records();
    const { drained } = await loaded.drain();
    const honest = records.filter(({ fields }) => fields["uid"] === HONEST).length;
    assert.equal(honest, 30);
    const rotated = records.length - honest;
    assert.ok(rotated >= 400 && rotated < 700, `${rotated} of 4000`);
    assert.equal(rotated + Number(drained.health.left_out), 4000);
    const told = (drained.leftOut ?? []).reduce((sum, { count }) => sum + count, 0);
    assert.equal(told, 4000 - rotated);
  });

  kernelTest("are reported once, also while more are left out", async () => {
    using program = new CProgram(CALLS, [], "limit-load");
    await using loaded = new LoadedRule(RULES[0], undefined, kernel, { recordRate: 1 });
    let [left, records] = [0, 0];
    for (let round = 0; round < 3; round++) {
      execFileSync(program.path, [ATTACKER, 200, WHO].map(String));
      const { drained } = await loaded.drain();
      left += (drained.leftOut ?? []).reduce((sum, { count }) => sum + count, 0);
      records += loaded.records().length;
    }
    assert.equal(left + records, 600);
    assert.ok(records < 30, String(records));
    const { drained } = await loaded.drain();
    assert.deepEqual(drained.leftOut, []);
  });
});
