import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/** Calls getppid with bits above the number in rax; prints how many calls gave the process id. */
const CALLER = `
#include <stdio.h>
#include <unistd.h>
int main(void) {
  long parent = getppid(), made = 0;
  for (int i = 0; i < 100; i++) {
    long rax = 110L | 1L << 32;
    __asm__ volatile("syscall" : "+a"(rax) : : "rcx", "r11", "memory");
    made += rax == parent;
  }
  printf("%ld\\n", made);
}
`;

const rule = (probe: string, id: string): string =>
  `rule: calls\nprobe: ${probe}\nfilter: comm == "upper-bits"${id}\naggregate: {value: count()}\n`;

const PLACES: readonly (readonly [probe: string, id: string])[] = [
  ["tracepoint:syscalls:sys_enter_getppid", ""],
  ["tracepoint:syscalls:sys_exit_getppid", ""],
  ["tracepoint:raw_syscalls:sys_exit", " and args.id == 110"],
];

// Since Linux 5.14 a call whose number has bits above the lower 32 is the call of the lower half.
if (process.arch === "x64")
  for (const [probe, id] of PLACES)
    test(`${probe} sees calls whose number has further bits set`, { skip: skipWithoutBpf }, async () => {
      using program = new CProgram(CALLER, ["-O1"], "upper-bits");
      await using calls = new LoadedRule(rule(probe, id));
      const made = Number(execFileSync(program.path, { encoding: "utf8" }));
      // The first getppid() of the program is an ordinary call.
      assert.equal((await calls.totals())[0]?.["value"], made + 1);
    });
