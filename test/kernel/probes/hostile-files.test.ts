import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ForeignReader, NotRead } from "../../../bpf/foreign/foreign-reader.ts";
import { ownerOf } from "../../../bpf/foreign/owner.ts";
import { holdRegular } from "../../../bpf/kernel/processes/open-regular.ts";
import { DATA_AT, STRTAB, SYMTAB, writeElf } from "../../bpf/kernel/elf/crafted-elf.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { SILENT_FUSE } from "../support/silent-fuse.ts";
import { waitUntil } from "../support/wait-until.ts";

const PROGRAM = String.raw`
  #include <stdio.h>
  __attribute__((noinline)) void work(void) { __asm__ volatile(""); }
  int main(void) {
    char line[64];
    setbuf(stdout, NULL);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
      work();
      puts("done");
    }
    return 0;
  }
`;
const STATIC = ["-static", "-O1"];
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];

const ruleOf = (path: string): string => `rule: work
probe: uprobe:${path}:work
by: [pid]
aggregate: count()
`;

async function ready(command: string, ...parameters: readonly string[]): Promise<Dialogue> {
  const process = new Dialogue(command, parameters);
  assert.equal(await process.hear(), "ready");
  return process;
}

/** A shell command in namespaces of an unprivileged user's own, which says "ready" and stays. */
const unprivileged = (command: string): Promise<Dialogue> =>
  ready("setpriv", ...NOBODY, "unshare", "-Urm", "sh", "-c", `${command}; echo ready; read line`);

/** A file below a folder that everybody may enter. */
function openToAll(program: CProgram): CProgram {
  chmodSync(program.folder, 0o755);
  return program;
}

function newReader(): { readonly reader: ForeignReader & Disposable; readonly faults: readonly string[] } {
  const faults: string[] = [];
  return {
    reader: new ForeignReader({ nowMs: () => performance.now(), onFault: (fault) => faults.push(fault) }),
    faults,
  };
}

kernelTest(
  "the process that reads has the privileges that it needs, and is killed first when memory is short",
  async () => {
    const { reader } = newReader();
    using _ = reader;
    await reader.ask({ kind: "mapped", pid: process.pid }, "test", "this process");
    const { pid } = reader;
    assert.ok(pid !== undefined);
    const needed = (1n << 2n) | (1n << 19n) | (1n << 40n);
    const status: string = readFileSync(`/proc/${pid}/status`, "utf8");
    for (const set of ["CapEff", "CapPrm", "CapBnd"]) {
      const held = BigInt(`0x${new RegExp(`^${set}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "0"}`);
      assert.equal(held & ~needed, 0n, set);
    }
    assert.match(status, /^NoNewPrivs:\s*1$/m);
    assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim(), "1000");
  },
);

kernelTest("the reading process ends if there is nothing to read, and starts again", async () => {
  const { faults, reader } = newReader();
  using _ = reader;
  const ask = () => reader.ask({ kind: "mapped", pid: process.pid }, "test", "this process");
  const inodes = await ask();
  assert.ok(inodes.length > 0);
  await waitUntil("the process that reads to end", () => reader.pid === undefined);
  assert.deepEqual(await ask(), inodes);
  assert.deepEqual(faults, []);
});

kernelTest("files are released also while their owner is not read", async () => {
  const { reader } = newReader();
  using _ = reader;
  const ask = () => reader.ask({ kind: "mapped", pid: process.pid }, "own", "this process");
  await ask();
  process.kill(reader.pid ?? 0, "SIGSTOP");
  await assert.rejects(ask(), NotRead);
  await assert.rejects(ask(), /was stopped, and is tried again later/);
  assert.equal(await reader.ask({ kind: "release" }, undefined, "what was held"), true);
});

kernelTest("a device is not opened to find its type", () => {
  using program = new CProgram("int main(void) { return 0; }");
  const device = join(program.folder, "device");
  // No driver has this number: opening it fails.
  execFileSync("mknod", [device, "c", "250", "250"]);
  assert.equal(holdRegular(device, true), undefined);
});

kernelTest(
  "files that an unprivileged user shows under a program's name are refused, and others are still followed",
  async () => {
    using host = openToAll(new CProgram(PROGRAM, STATIC));
    const copy = host.compile(`int padding(int x) { return x * x; }${PROGRAM}`, STATIC, "copy");
    const large = join(host.folder, "large");
    const table = { type: SYMTAB, offset: DATA_AT, bytes: (240 << 20) - 8, link: 2 };
    const strings = { type: STRTAB, offset: 0, bytes: 250 << 20 };
    writeElf(large, { sections: [{ type: 0, offset: 0, bytes: 0 }, table, strings], bytes: 260 << 20 });
    await using rule = new LoadedRule(ruleOf(host.path));
    await using _hostile = await unprivileged(`mount --bind ${large} ${host.path}`);
    await using _device = await unprivileged(`mount --bind /dev/null ${host.path}`);
    await using honest = await ready(
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind ${copy} ${host.path} && exec ${host.path}`,
    );
    const { changes, gaps, notes = [] } = await rule.follow();
    assert.deepEqual(gaps, []);
    assert.equal(changes.filter((change) => change.startsWith("attached to")).length, 1, changes.join("\n"));
    assert.match(notes.join("\n"), /: it has more than 4000000 symbols$/m);
    await honest.ask();
    const { rows } = await rule.sample();
    assert.deepEqual(
      rows.map(({ labels, values }) => [labels["pid"], values[0]?.[0]]),
      [[String(honest.pid), 1]],
    );
    // what is known of a file is not looked for again
    assert.deepEqual((await rule.follow()).changes, []);
  },
);

for (const mode of ["overlay", "bind"]) {
  kernelTest(`a file system that never answers (${mode}) blocks neither following nor stopping`, async () => {
    using host = openToAll(new CProgram(PROGRAM, STATIC));
    using fuse = openToAll(new CProgram(SILENT_FUSE, ["-pthread"], "silent-fuse"));
    const device = join(fuse.folder, "device");
    execFileSync("mknod", ["-m", "0666", device, "c", "10", "229"]);
    mkdirSync(join(fuse.folder, "f"));
    chmodSync(join(fuse.folder, "f"), 0o777);
    const copy = host.compile(`int padding(int x) { return x * x; }${PROGRAM}`, STATIC, "copy");
    await using rule = new LoadedRule(ruleOf(host.path));
    const parts = [fuse.path, device, fuse.folder, host.folder, mode];
    await using _silent = await ready("setpriv", ...NOBODY, "unshare", "-Urm", ...parts);
    await using honest = await ready(
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind ${copy} ${host.path} && exec ${host.path}`,
    );
    const { changes, gaps, notes = [] } = await rule.follow();
    assert.deepEqual(gaps, []);
    assert.match(notes.join("\n"), mode === "bind" ? /may never answer \(fuse\)/ : /may never answer \(overlay\)/);
    assert.equal(changes.filter((change) => change.startsWith("attached to")).length, 1, changes.join("\n"));
    await honest.ask();
    assert.equal((await rule.sample()).rows.length, 1);
  });
}

kernelTest("a file on a user's own overlay is not attached to: a file system below may never answer", async () => {
  using host = openToAll(new CProgram(PROGRAM, STATIC));
  const [lower, merged] = ["lower", "merged"].map((name) => join(host.folder, name)) as [string, string];
  for (const folder of [lower, merged]) mkdirSync(folder, { mode: 0o755 });
  copyFileSync(host.compile(`int padding(int x) { return x * x; }${PROGRAM}`, STATIC, "copy"), join(lower, "program"));
  copyFileSync(host.path, join(merged, "program"));
  await using rule = new LoadedRule(ruleOf(join(merged, "program")));
  await using _user = await unprivileged(`mount -t overlay over -o lowerdir=${lower}:${merged} ${merged}`);
  const { changes, gaps, notes = [] } = await rule.follow();
  assert.deepEqual([gaps, changes.some((change) => change.startsWith("attached"))], [[], false]);
  assert.match(notes.join("\n"), /may never answer \(overlay\)/);
});

for (const mode of ["overlay", "bind"]) {
  kernelTest(`a map of compiled functions on a file system that never answers (${mode}) is not opened`, async () => {
    using fuse = openToAll(new CProgram(SILENT_FUSE, ["-pthread"], "silent-fuse"));
    const device = join(fuse.folder, "device");
    execFileSync("mknod", ["-m", "0666", device, "c", "10", "229"]);
    mkdirSync(join(fuse.folder, "f"));
    chmodSync(join(fuse.folder, "f"), 0o777);
    const parts = [fuse.path, device, fuse.folder, "/tmp", mode];
    await using silent = await ready("setpriv", ...NOBODY, "unshare", "-Urm", ...parts);
    const { faults, reader } = newReader();
    using _ = reader;
    const addresses = [["10000010", "exact"]] as const;
    const frames = await reader.ask({ kind: "frames", pid: silent.pid, startNs: "0", addresses }, "test", "it");
    assert.deepEqual([frames, faults], [["0x10000010"], []]);
  });
}

kernelTest("the user who made a user namespace is responsible for all its ids", async () => {
  const script = "echo ready; read line; exec setpriv --reuid=7 --regid=7 --clear-groups sh -c 'echo ready; read line'";
  await using user = await ready("setpriv", ...NOBODY, "unshare", "-U", "sh", "-c", script);
  // as newuidmap(1) does
  for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${user.pid}/${map}`, "0 65534 1\n1 200000 65536\n");
  assert.equal(await user.ask(), "ready");
  assert.match(readFileSync(`/proc/${user.pid}/status`, "utf8"), /^Uid:\t200006\t/m);
  assert.equal(ownerOf(user.pid, "a root"), "uid 65534");
  assert.match(ownerOf(process.pid, "a root"), /^root /);
});

kernelTest("a process with tens of thousands of mappings with long paths is read up to the limits", async () => {
  using program = new CProgram(
    String.raw`
      #include <fcntl.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <sys/stat.h>
      #include <unistd.h>
      int main(int count, char **arguments) {
        char folder[201];
        memset(folder, 'd', 200);
        folder[200] = 0;
        chdir(arguments[1]);
        for (int depth = 0; depth < 18; depth++) { mkdir(folder, 0755); if (chdir(folder)) return 1; }
        int file = open("f", O_RDWR | O_CREAT, 0755);
        ftruncate(file, 1 << 20);
        for (int index = 0; index < 20000; index++) mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, index % 2 * 8192);
        puts("ready");
        fflush(stdout);
        getchar();
        return 0;
      }
    `,
  );
  await using process = await ready(program.path, program.folder);
  const { reader } = newReader();
  using _ = reader;
  const addresses = [["1000", "exact"]] as const;
  const frames = await reader.ask({ kind: "frames", pid: process.pid, startNs: "0", addresses }, "test", "it");
  assert.deepEqual(frames, ["0x1000"]);
});

kernelTest("a missing answer is not waited for, and its owner is not asked again at once", async () => {
  const { faults, reader } = newReader();
  using _ = reader;
  await reader.ask({ kind: "mapped", pid: process.pid }, "test", "this process");
  const stopped = reader.pid ?? -1;
  process.kill(stopped, "SIGSTOP");
  const asked = reader.ask({ kind: "mapped", pid: 1 }, "slow", "what process 1 has mapped");
  const other = reader.ask({ kind: "mapped", pid: process.pid }, "other", "this process");
  await assert.rejects(asked, (error) => error instanceof NotRead && error.isItsFault);
  assert.ok((await other).length > 0);
  assert.notEqual(reader.pid, stopped);
  assert.deepEqual(faults, ["what process 1 has mapped is not read: reading it took too long"]);
  await assert.rejects(
    reader.ask({ kind: "mapped", pid: 1 }, "slow", "it"),
    (error) => error instanceof NotRead && !error.isItsFault,
  );
});
