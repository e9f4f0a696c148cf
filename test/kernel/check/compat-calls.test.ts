import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { kernelTestNeeding } from "../needs.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/**
 * Makes 32-bit calls: open(2) is 5, where fstat(2) is in the 64-bit table, getppid(2) is 64 and not
 * 110, stat64(2) is there alone.
 */
const SOURCE = `
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static long sys32(long number, long first, long second) {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(0) : "memory");
  return (int)result; }
int main(void) {
  char *text = mmap((void *)0x10000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  strcpy(text, "/etc/hostname");
  for (int i = 0; i < 9; i++) sys32(5, (long)text, 0);
  for (int i = 0; i < 7; i++) sys32(195, (long)text, (long)text + 1024);
  for (int i = 0; i < 6; i++) sys32(64, 0, 0);
  for (int i = 0; i < 5; i++) getppid();
  return 0; }`;

async function callsOf(
  program: CProgram,
  call: string,
  only = "",
  probe = "tracepoint:raw_syscalls:sys_enter",
): Promise<Readonly<Record<string, number | undefined>>> {
  const rule = { rule: "calls", probe, filter: `comm == "program"${only}`, by: { call }, aggregate: "count()" };
  await using loaded = new LoadedRule(JSON.stringify(rule));
  spawnSync(program.path);
  const { rows } = await loaded.sample();
  const counts = rows.map(({ labels, values }): [string, number | undefined] => [labels["call"] ?? "", values[0]?.[0]]);
  assert.equal(new Set(counts.map(([name]) => name)).size, counts.length, "each call has one key");
  return Object.fromEntries(counts);
}

const NAME = "32-bit calls are named by their own table, and are one with the 64-bit calls of that name";

kernelTestNeeding("compat_calls", NAME, async () => {
  using program = new CProgram(SOURCE);
  for (const call of ["syscall(args.id)", "args.id"]) {
    const { getppid, open, semget, stat64 } = await callsOf(program, call);
    assert.deepEqual({ getppid, open, semget, stat64 }, { getppid: 11, open: 9, semget: undefined, stat64: 7 }, call);
  }
});

kernelTestNeeding("compat_calls", "compat tells 32-bit calls from those of 64 bits of the same program", async () => {
  using program = new CProgram(SOURCE);
  for (const probe of ["tracepoint:raw_syscalls:sys_enter", "rawtracepoint:sys_enter"]) {
    const compat = await callsOf(program, "syscall(args.id)", " and compat", probe);
    assert.deepEqual(compat, { getppid: 6, open: 9, stat64: 7 }, probe);
    const { getppid } = await callsOf(program, "syscall(args.id)", " and not compat", probe);
    assert.equal(getppid, 5, probe);
  }
  const returns = await callsOf(program, "compat", "", "rawtracepoint:sys_exit");
  assert.equal(returns["true"], 22);
});
