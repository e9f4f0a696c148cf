import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { kernelTest } from "../privilege.ts";
import { kernelTestNeeding } from "../needs.ts";
import { CProgram } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

/** Functions that return -2 to 2 as int and as long, and take the same number. */
const SOURCE = `
#include <stdlib.h>
__attribute__((noinline)) int narrow(int n) { asm volatile("" : "+r"(n)); return n - 2; }
__attribute__((noinline)) long wide(long n) { asm volatile("" : "+r"(n)); return n - 2; }
__attribute__((noinline)) void given(int n) { asm volatile("" : "+r"(n)); }
int main(int argc, char **argv) {
  int below = 0;
  for (int n = 0; n < atoi(argv[1]); n++) {
    below += narrow(n) < 0;
    below += wide(n) < 0;
    given(n - 2);
  }
  return below; }`;

async function countOf(probe: string, filter: string, run: () => void): Promise<number> {
  await using rule = new LoadedRule(JSON.stringify({ rule: "int", probe, filter, aggregate: "count()" }));
  run();
  return (await rule.sample()).rows[0]?.values[0]?.[0] ?? 0;
}

kernelTest("a negative int of a program is negative after a cast to its width", async () => {
  using program = new CProgram(SOURCE, ["-O1"]);
  // The program itself says how many of its returns are negative.
  const negative = (): void => assert.equal(spawnSync(program.path, ["5"]).status, 4);
  const count = (at: string, filter: string): Promise<number> =>
    countOf(at.replace(":", `:${program.path}:`), filter, negative);
  assert.equal(await count("uretprobe:narrow", 'cast(retval, "s32") < 0'), 2);
  assert.equal(await count("uretprobe:narrow", 'cast(retval, "s32") == -1'), 1);
  assert.equal(await count("uretprobe:wide", 'cast(retval, "s64") < 0'), 2);
  assert.equal(await count("uprobe:given", 'cast(arg0, "s32") < 0'), 2);
});

const FAILS = `
#include <sys/socket.h>
int main(void) { struct sockaddr none = {0}; return connect(-1, &none, sizeof none) == -1 ? 0 : 1; }`;

kernelTestNeeding("kprobe", "a negative int of a kernel function is negative, for BTF has its type", async () => {
  using program = new CProgram(FAILS, [], "bw-int");
  for (const probe of ["kretprobe:__sys_connect", "kernelret:__sys_connect"]) {
    const filter = 'comm == "bw-int" and retval < 0 and retval == -EBADF';
    assert.equal(await countOf(probe, filter, () => execFileSync(program.path)), 1, probe);
  }
});
