import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, countingRule } from "./call-rules.ts";

const FIRST = 1_900_000_101;
const SECOND = 1_900_000_102;

/**
 * Before libc's: while the file HANG is there, syncing a file does not end. It writes a line to
 * HANG.log when it begins and when it ends.
 */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void hang(void) {
  const char *flag = getenv("HANG");
  char log[4096];
  if (!flag || access(flag, F_OK)) return;
  snprintf(log, sizeof log, "%s.log", flag);
  int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (write(fd, "begin\\n", 6) < 0) return;
  while (!access(flag, F_OK)) usleep(20000);
  if (write(fd, "end\\n", 4) < 0) return;
  close(fd);
}
int fsync(int fd) { hang(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { hang(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd); }
`;

function slowDisk(): Disposable & { readonly environment: Readonly<Record<string, string>>; readonly flag: string } {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-slow-disk-"));
  const [source, shim, flag] = ["shim.c", "shim.so", "hang"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(source, SHIM);
  execFileSync("gcc", ["-shared", "-fPIC", "-o", shim, source, "-ldl"]);
  return {
    flag,
    environment: { LD_PRELOAD: shim, HANG: flag },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

function lines(path: string, what: string): number {
  return existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line === what).length
    : 0;
}

kernelTest(
  "while the disk does not answer, ticks continue and pages are delivered; both are saved afterwards",
  async () => {
    using disk = slowDisk();
    await using sink = await WebhookSink.start();
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\nnotify: {group_interval: 200ms}\n`;
    const rules = { "a.yaml": countingRule("first", FIRST, 1), "b.yaml": countingRule("second", SECOND, 1) };
    await using daemon = await DaemonProcess.start({ rules, settings, environment: disk.environment });
    writeFileSync(disk.flag, "");
    try {
      call(FIRST);
      await waitUntil("the first page", () => sink.alerts("first", "firing")[0]);
      await waitUntil("a sync that hangs", () => lines(`${disk.flag}.log`, "begin") > 0);
      call(SECOND);
      await waitUntil("the second page", () => sink.alerts("second", "firing")[0]);
      assert.equal(lines(`${disk.flag}.log`, "end"), 0, "the disk has not answered yet");
    } finally {
      rmSync(disk.flag);
    }
    await waitUntil("the sync to end", () => lines(`${disk.flag}.log`, "end") > 0);
    await daemon.restart("SIGTERM");
    call(FIRST);
    call(SECOND);
    daemon.writeRule("c.yaml", countingRule("third", FIRST, 1));
    await waitUntil("the daemon to go on", () => {
      call(FIRST);
      return sink.alerts("third", "firing")[0];
    });
    assert.deepEqual([sink.alerts("first").length, sink.alerts("second").length], [1, 1]);
  },
);

kernelTest("the daemon ends in time on a disk that does not answer, and the next one continues", async () => {
  using disk = slowDisk();
  await using sink = await WebhookSink.start();
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\n`;
  const rules = { "a.yaml": countingRule("first", FIRST, 1), "b.yaml": countingRule("second", SECOND, 1) };
  await using daemon = await DaemonProcess.start({ rules, settings, environment: disk.environment });
  call(FIRST);
  await waitUntil("the first page", () => sink.alerts("first", "firing")[0]);
  writeFileSync(disk.flag, "");
  sink.fails = () => "status";
  call(SECOND);
  await waitUntil("a sync that hangs", () => lines(`${disk.flag}.log`, "begin") > 0);
  let output = "";
  await daemon.restart("SIGTERM", () => {
    output = daemon.output;
    rmSync(disk.flag);
    sink.fails = () => false;
  });
  assert.match(output, /the last changes may be lost at the restart.*"msg":"stopped"/s);
  assert.doesNotMatch(output, /stopping takes too long/);
  await waitUntil("the second page", () => {
    call(SECOND);
    return sink.alerts("second", "firing")[0];
  });
  // What the disk did not keep is notified again: at least once.
  const count = sink.alerts("first", "firing").length;
  assert.ok(count === 1 || count === 2, `${count} pages of the first alert`);
});
