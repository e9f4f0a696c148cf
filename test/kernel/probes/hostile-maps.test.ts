import assert from "node:assert/strict";
import { chmodSync, chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ForeignReader } from "../../../bpf/foreign/foreign-reader.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";

/** Has a page of code that no file holds, and runs a shell command with its id. */
const COMPILING = String.raw`
  #include <stdio.h>
  #include <stdlib.h>
  #include <sys/mman.h>
  #include <unistd.h>
  int main(int count, char **arguments) {
    char id[16];
    mmap((void *)0x10000000, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    snprintf(id, sizeof id, "%d", getpid());
    setenv("ID", id, 1);
    if (system(arguments[1])) return 1;
    puts("ready");
    fflush(stdout);
    getchar();
    return 0;
  }
`;
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];
const LINE = "10000000 100 a_function";
/** USER_HZ of proc(5), in nanoseconds. */
const TICK_NS = 10_000_000n;

/** Starts the program as a user without rights, which makes its perf map by `command`. */
async function compiling(context: TestContext, path: string, command: string): Promise<Dialogue> {
  const program = new Dialogue("setpriv", [...NOBODY, path, command]);
  context.after(() => rmSync(`/tmp/perf-${program.pid}.map`, { force: true }));
  assert.equal(await program.hear(), "ready");
  return program;
}

/** The field `starttime` of proc(5). */
function startOf(pid: number): bigint {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "") * TICK_NS;
}

async function frameOf(pid: number, startNs: bigint): Promise<unknown> {
  using reader = new ForeignReader({ nowMs: () => performance.now(), onFault: (fault) => assert.fail(fault) });
  const addresses = [["10000004", "exact"]] as const;
  return await reader.ask({ kind: "frames", pid, startNs: String(startNs), addresses }, "test", "it");
}

kernelTest("a perf map of another user shows no file that this user cannot read", async (context) => {
  using host = new CProgram(COMPILING);
  chmodSync(host.folder, 0o755);
  const secret = join(host.folder, "secret");
  writeFileSync(secret, `${LINE.replace("a_function", "a_secret")}\n`, { mode: 0o600 });
  for (const [command, expected] of [
    [`echo ${LINE} > /tmp/perf-$ID.map`, "a_function+4"],
    [`ln -s ${secret} /tmp/perf-$ID.map`, "0x10000004"],
    ["ln -s /dev/zero /tmp/perf-$ID.map", "0x10000004"],
    ["mkfifo /tmp/perf-$ID.map", "0x10000004"],
  ] as const) {
    await using program = await compiling(context, host.path, command);
    assert.deepEqual(await frameOf(program.pid, startOf(program.pid)), [expected], command);
  }
});

kernelTest("a perf map that another user made names nothing", async (context) => {
  using host = new CProgram(COMPILING);
  chmodSync(host.folder, 0o755);
  await using program = await compiling(context, host.path, "true");
  const path = `/tmp/perf-${program.pid}.map`;
  writeFileSync(path, `${LINE}\n`, { mode: 0o644 });
  for (const [uid, expected] of [
    [65533, "0x10000004"],
    [65534, "a_function+4"],
  ] as const) {
    chownSync(path, uid, uid);
    assert.deepEqual(await frameOf(program.pid, startOf(program.pid)), [expected], String(uid));
  }
});

kernelTest("a process that got the id of an ended one does not name the functions of that one", async (context) => {
  using host = new CProgram(COMPILING);
  chmodSync(host.folder, 0o755);
  const ended = new Dialogue("cat");
  const startNs = startOf(ended.pid);
  // The kernel shows starts in hundredths of a second.
  await setTimeout(200);
  await ended[Symbol.asyncDispose]();
  for (;;) {
    // Another process can take the id first: then the kernel is asked for it again.
    writeFileSync("/proc/sys/kernel/ns_last_pid", String(ended.pid - 1));
    await using program = await compiling(context, host.path, `echo ${LINE} > /tmp/perf-$ID.map`);
    if (program.pid !== ended.pid) continue;
    assert.deepEqual(await frameOf(program.pid, startOf(program.pid)), ["a_function+4"]);
    assert.deepEqual(await frameOf(program.pid, startNs), ["0x10000004"]);
    return;
  }
});
