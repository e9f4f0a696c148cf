import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bpfwarden } from "../../daemon/cli/run-command.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";

/** Calls `marked` in bursts, and says how often a second, when it is asked. */
const CALLER = `#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
__attribute__((noinline)) void marked(void) { __asm__ volatile(""); }
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
int main(void) {
  struct pollfd input = {0, POLLIN, 0};
  unsigned long calls = 0;
  double began = now();
  while (poll(&input, 1, 5) == 0)
    for (int each = 0; each < 20; each++, calls++) marked();
  printf("%f\\n", calls / (now() - began));
  return 0;
}
`;

interface Planned {
  readonly rule: string;
  readonly bytes: number;
  readonly maps: readonly { readonly bytes: number }[];
  readonly programs: readonly {
    readonly probes: readonly string[];
    readonly instructions: number;
    readonly hitsPerSecond: number;
  }[];
  readonly cpu: number;
}

kernelTest("plan counts hits as the program that causes them does, and measures CPU time", async () => {
  using program = new CProgram(CALLER);
  const path = join(program.folder, "calls.yaml");
  writeFileSync(path, `rule: calls\nprobe: "uprobe:${program.path}:marked"\naggregate: count()\nby: [pid]\n`);
  await using caller = new Dialogue(program.path);
  const { exit, output, errors } = bpfwarden(["plan", path, "--json"]);
  const callsPerSecond = Number(await caller.ask());
  assert.deepEqual([exit, errors], [0, ""]);
  const planned = JSON.parse(output) as Planned;
  assert.equal(planned.rule, "calls");
  assert.deepEqual(planned.programs[0]?.probes, [`uprobe:${program.path}:marked`]);
  assert.ok(planned.programs[0].instructions > 10);
  // The caller is slower while the host does other work.
  const ratio = planned.programs[0].hitsPerSecond / callsPerSecond;
  assert.ok(ratio > 0.5 && ratio < 2, `${planned.programs[0].hitsPerSecond} instead of ${callsPerSecond}`);
  assert.ok(planned.cpu > 0 && planned.cpu < 0.2, String(planned.cpu));
  assert.equal(
    planned.maps.reduce((sum, { bytes }) => sum + bytes, 0),
    planned.bytes,
  );
});

/** The same, with two of seven system calls in the place of each call. */
const SYSTEM_CALLER = CALLER.replace(
  "calls++) marked();",
  "calls += 2) { getpgid(0); getsid(0); for (int other = 0; other < 5; other++) getppid(); }",
);

kernelTest("plan counts all probes of a list, and not the other system calls", async () => {
  using program = new CProgram(SYSTEM_CALLER);
  const path = join(program.folder, "calls.yaml");
  const probes = "[tracepoint:syscalls:sys_enter_getpgid, tracepoint:syscalls:sys_enter_getsid]";
  writeFileSync(path, `rule: calls\nprobe: {any: ${probes}}\naggregate: count()\n`);
  await using caller = new Dialogue(program.path);
  const { exit, output, errors } = bpfwarden(["plan", path, "--json"]);
  const callsPerSecond = Number(await caller.ask());
  assert.deepEqual([exit, errors], [0, ""]);
  const planned = JSON.parse(output) as Planned;
  // One of the two would be half of it, all system calls more than three times as many.
  const ratio = (planned.programs[0]?.hitsPerSecond ?? 0) / callsPerSecond;
  assert.ok(ratio > 0.6 && ratio < 2, `${planned.programs[0]?.hitsPerSecond} instead of ${callsPerSecond}`);
});

kernelTest("plan reports a rule that the check refuses, and measures nothing", () => {
  using program = new CProgram(CALLER);
  const path = join(program.folder, "wrong.yaml");
  writeFileSync(path, `rule: calls\nprobe: "uprobe:${program.path}:absent"\naggregate: count()\n`);
  const { exit, output, errors } = bpfwarden(["plan", path]);
  assert.deepEqual([exit, output], [1, ""]);
  assert.match(errors, /absent/);
});
