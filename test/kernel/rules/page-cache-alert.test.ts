import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parse, stringify } from "yaml";
import { makeFile, MIB } from "../loads/page-cache-files.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const LOAD = join(import.meta.dirname, "../loads/page-cache-load.ts");

/**
 * The shipped rule, but for one file, for the host may be busy with others: with a window that the
 * test can wait for, and a notice of its own for no data.
 */
function ruleFor(path: string): string {
  const rule = parse(shippedRule("page-cache-hit-ratio")) as { signals: Record<string, { filter?: string }> };
  const own = `cast(mapping, "address_space").host.i_ino == ${statSync(path).ino}`;
  for (const signal of Object.values(rule.signals))
    signal.filter = signal.filter === undefined ? own : `(${signal.filter}) and ${own}`;
  return stringify({ ...rule, window: "4s", no_data: "alert" });
}

suite("page-cache-hit-ratio in the daemon", { skip: skipWithoutBpf }, () => {
  test("an idle host is no data, a cold read fires, a warm one resolves", async () => {
    const folder = mkdtempSync(join(process.env["BPFWARDEN_TEST_DISK"] ?? "/var/tmp", "bpfwarden-alert-"));
    const load = (what: string): unknown =>
      execFileSync(process.execPath, [LOAD, what, folder], { input: "go\n", encoding: "utf8" });
    const path = join(folder, "big");
    makeFile(path, 64 * MIB);
    await using sink = await WebhookSink.start();
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\nnotify: {group_interval: 1s}\n`;
    await using daemon = await DaemonProcess.start({ rules: { "page-cache.yaml": ruleFor(path) }, settings });
    assert.ok(daemon.pid > 0);

    const idle = await waitUntil("the notice of no data", () => sink.alerts("BpfwardenNoData", "firing")[0]);
    assert.equal(idle.labels["rule"], "page-cache-hit-ratio");
    assert.deepEqual(sink.alerts("page-cache-hit-ratio"), []);

    load("cold-128k");
    const firing = await waitUntil("the alert", () => sink.alerts("page-cache-hit-ratio", "firing").at(-1));
    assert.equal(firing.labels["severity"], "critical");
    assert.ok((firing.values["ratio"] ?? 1) < 0.75, JSON.stringify(firing.values));

    // Warm reads until the cold one has left the window.
    const resolved = await waitUntil("the resolved alert", () => {
      load("again");
      return sink.alerts("page-cache-hit-ratio", "resolved")[0];
    });
    assert.ok((resolved.values["ratio"] ?? 0) > 0.95, JSON.stringify(resolved.values));
    rmSync(folder, { recursive: true });
  });
});
