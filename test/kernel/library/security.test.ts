import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { countedRows } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";

const NOBODY = 65_534;

kernelTest("signals-sent records the sender and the target", async () => {
  const comm = nameThisThread("bw-signals");
  await using rule = new LoadedRule(libraryRule("signals-sent"));
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  await once(child, "exit");
  const records = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  assert.equal(records.length, 1);
  const { signal, target, target_pid, comm: sender } = records[0]?.fields ?? {};
  assert.deepEqual([signal, target, target_pid, sender], ["SIGTERM", "sleep", child.pid, comm]);
});

kernelTest("privilege-changes records the old and the new user", async () => {
  await using rule = new LoadedRule(libraryRule("privilege-changes"));
  const { pid } = spawnSync("setpriv", [`--reuid=${NOBODY}`, "--clear-groups", "true"]);
  const [record, ...more] = rule.records().filter(({ fields }) => fields["pid"] === pid);
  assert.deepEqual(more, []);
  const { call, uid, euid, comm } = record?.fields ?? {};
  assert.deepEqual({ call, uid, euid, comm }, { call: "setresuid", uid: NOBODY, euid: NOBODY, comm: "setpriv" });
  assert.notEqual(record?.fields["from"], record?.fields["asked"]);
});

kernelTest("mounts records sources, targets and failures", async () => {
  const target = mkdtempSync(join(tmpdir(), "bpfwarden-mount-"));
  await using rule = new LoadedRule(libraryRule("mounts"));
  assert.equal(libc.mount("bw-source", target, "tmpfs", 6, null), 0);
  assert.equal(libc.mount("bw-source", target, "no-such-type", 0, null), -1);
  assert.equal(libc.umount(target, 0), 0);
  rmdirSync(target);
  const ours = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  const seen = ours.map(({ fields: { call, source, target: at, type, flags, result } }) => [
    call,
    source,
    at,
    type,
    flags,
    result,
  ]);
  assert.deepEqual(seen, [
    ["mount", "bw-source", target, "tmpfs", 6, 0],
    ["mount", "bw-source", target, "no-such-type", 0, "ENODEV"],
    ["umount", "", target, "", 0, 0],
  ]);
});

/**
 * Makes calls of the 32-bit table, by the numbers of the kernel's header: mounts at its argument,
 * unmounts, and sets the user ids that it has. The upper halves of the registers are not the
 * call's.
 */
const CALLS_32 = `
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define UPPER (1L << 32)
static long sys32(long number, long first, long second, long third, long fourth, long fifth) {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first | UPPER), "c"(second | UPPER), "d"(third | UPPER),
               "S"(fourth | UPPER), "D"(fifth | UPPER) : "memory", "r8", "r9", "r10", "r11");
  return (int)result; }
int main(int argc, char **argv) {
  char *low = mmap((void *)0x10000000, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  long source = (long)strcpy(low, "bw-source"), type = (long)strcpy(low + 100, "tmpfs");
  long none = (long)strcpy(low + 200, "no-such-type"), target = (long)strcpy(low + 300, argv[1]);
  sys32(21, source, target, type, 6, 0);       /* mount */
  sys32(21, source, target, none, 0, 0);
  sys32(22, target, 0, 0, 0, 0);               /* umount */
  sys32(52, target, 8, 0, 0, 0);               /* umount2 */
  sys32(429, -1, source, -1, target, 1);       /* move_mount */
  sys32(213, 0, 0, 0, 0, 0);                   /* setuid32 */
  sys32(203, 0, 0, 0, 0, 0);                   /* setreuid32 */
  sys32(208, 0, 0, 0, 0, 0);                   /* setresuid32 */
  sys32(215, 1, 0, 0, 0, 0);                   /* setfsuid32 */
  sys32(23, 0x50000, 0, 0, 0, 0);              /* setuid, of 16 bits */
  sys32(70, 0, 0x50000, 0, 0, 0);              /* setreuid */
  sys32(164, 0, 0x50000, 0, 0, 0);             /* setresuid */
  sys32(138, 0x50002, 0, 0, 0, 0);             /* setfsuid */
  return 0; }`;

kernelTestNeeding("compat_calls", "mounts and privilege-changes record 32-bit calls", async () => {
  using program = new CProgram(CALLS_32, [], "bw-calls-32");
  const target = mkdtempSync(join(tmpdir(), "bpfwarden-mount-"));
  await using mounts = new LoadedRule(libraryRule("mounts"));
  await using users = new LoadedRule(libraryRule("privilege-changes"));
  assert.equal(spawnSync(program.path, [target]).status, 0);
  rmdirSync(target);
  const ours = (rule: LoadedRule, ...names: string[]): unknown[] =>
    rule
      .records()
      .filter(({ fields }) => fields["comm"] === "bw-calls-32")
      .map(({ fields }) => names.map((name) => fields[name]));
  assert.deepEqual(ours(mounts, "call", "source", "target", "type", "flags", "result"), [
    ["mount", "bw-source", target, "tmpfs", 6, 0],
    ["mount", "bw-source", target, "no-such-type", 0, "ENODEV"],
    ["umount", "", target, "", 0, 0],
    ["umount", "", target, "", 8, "EINVAL"],
    ["move_mount", "bw-source", target, "", 1, "EBADF"],
  ]);
  assert.deepEqual(ours(users, "call", "asked", "uid"), [
    ["setuid", "0", 0],
    ["setreuid", "0", 0],
    ["setresuid", "0", 0],
    ["setfsuid", "1", 0],
    ["setuid", "0", 0],
    ["setreuid", "0", 0],
    ["setresuid", "0", 0],
    ["setfsuid", "2", 0],
  ]);
});

kernelTest("sensitive-file-opens records the process that read a secret", async () => {
  await using rule = new LoadedRule(libraryRule("sensitive-file-opens"));
  const shadow = existsSync("/etc/shadow");
  if (shadow) readFileSync("/etc/shadow");
  else assert.throws(() => readFileSync("/etc/shadow"));
  readFileSync("/proc/self/comm");
  assert.throws(() => readFileSync("/etc/sudoers.d/bpfwarden/none"));
  const ours = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  assert.deepEqual(
    ours.map(({ fields: { file, writes } }) => [file, writes]),
    [
      ["/etc/shadow", false],
      ["/etc/sudoers.d/bpfwarden/none", false],
    ],
  );
  const [opened, none] = ours.map(({ fields }) => fields["result"]);
  if (shadow) assert.ok(Number(opened) >= 0);
  else assert.equal(opened, "ENOENT");
  assert.equal(none, "ENOENT");
});

kernelTest("port-binds records the process that bound a privileged port", async () => {
  const comm = nameThisThread("bw-binds");
  await using rule = new LoadedRule(libraryRule("port-binds"));
  for (const [host, port] of [
    ["127.77.9.1", 77],
    ["::1", 79],
    ["127.77.9.1", 0],
  ] as const) {
    const server = createServer().listen(port, host);
    await once(server, "listening");
    server.close();
  }
  const ours = rule.records().filter(({ fields }) => fields["pid"] === process.pid);
  const seen = ours.map(({ fields: { saddr, sport, result, comm: name } }) => [saddr, sport, result, name]);
  assert.deepEqual(seen, [
    ["127.77.9.1", 77, 0, comm],
    ["::1", 79, 0, comm],
  ]);
});

kernelTest("capability-use counts the privileges that a user's process uses", async () => {
  using cat = new NamedProgram("bw-cat", "/bin/cat");
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-secret-"));
  const secret = join(folder, "secret");
  writeFileSync(secret, "x", { mode: 0 });
  chmodSync(folder, 0o755);
  await using rule = new LoadedRule(libraryRule("capability-use"));
  const capabilities = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const { status } = spawnSync("setpriv", [`--reuid=${NOBODY}`, "--clear-groups", ...capabilities, cat.path, secret]);
  assert.equal(status, 0);
  cat.run(secret);
  rmSync(folder, { recursive: true });
  const rows = await countedRows(rule, { comm: cat.name });
  assert.deepEqual(
    rows.map(({ labels }) => labels["capability"]),
    ["CAP_DAC_OVERRIDE"],
  );
  assert.ok((rows[0]?.counts["value"] ?? 0) >= 1);
});

kernelTest("unix-socket-requests records the process and its request to the container engine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-engine-"));
  const path = join(folder, "engine.sock");
  const engine = createServer((socket) => socket.resume().on("end", () => socket.end())).listen(path);
  await once(engine, "listening");
  await using rule = new LoadedRule(libraryRule("unix-socket-requests").replace('"/run/docker.sock"', `"${path}"`));
  const client = connect(path);
  client.end("POST /containers/create HTTP/1.1\r\n\r\n");
  await once(client.resume(), "close");
  engine.close();
  rmSync(folder, { recursive: true });
  const [record, ...more] = rule.records().filter(({ fields }) => fields["socket"] === path);
  assert.deepEqual(more, []);
  const { client_pid, engine_pid, bytes, data } = record?.fields ?? {};
  assert.deepEqual([client_pid, engine_pid, bytes], [process.pid, process.pid, 36]);
  assert.match(String(data), /POST|504f5354/);
});
