import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, recordingRule, SETTINGS } from "./call-rules.ts";

const WHO = 1_900_000_061;

/**
 * Before libc's: while the file HANG is there, writing to a file of the name alerts.jsonl does not
 * end, which the file HANG.begun says.
 */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
ssize_t write(int fd, const void *bytes, size_t count) {
  const char *flag = getenv("HANG");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  if (flag && strstr(path, "alerts.jsonl") && !access(flag, F_OK)) {
    snprintf(path, sizeof path, "%s.begun", flag);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    for (;;) pause();
  }
  return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, count);
}
`;

kernelTest("a log on a disk that hangs delays nothing in the daemon, not even its end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-hung-disk-"));
  const [source, shim, flag] = ["shim.c", "shim.so", "hang"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(source, SHIM);
  execFileSync("gcc", ["-shared", "-fPIC", "-o", shim, source, "-ldl"]);
  try {
    await using daemon = await DaemonProcess.start({
      rules: { "recording.yaml": recordingRule("recording", WHO) },
      settings: SETTINGS,
      environment: { LD_PRELOAD: shim, HANG: flag },
    });
    writeFileSync(flag, "");
    call(WHO, 10);
    await waitUntil("a write that hangs", () => existsSync(`${flag}.begun`));
    daemon.writeRule("second.yaml", recordingRule("second", 1));
    await daemon.until("a reload", (output) => output.includes('"msg":"reloaded"'));
    daemon.signal("SIGTERM");
    // What gives up after five seconds, and after two more, is far from this.
    const exit = await waitUntil("the end", () => daemon.exit);
    assert.equal(exit, "SIGALRM", daemon.output);
    for (const word of [
      "records could not be written: they are lost",
      "work on files or names has not ended",
      "stopped",
    ])
      assert.ok(daemon.output.includes(word), `${word}:\n${daemon.output}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
