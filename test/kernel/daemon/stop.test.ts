import assert from "node:assert/strict";
import { kernel } from "../compile/host.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { heldBy, remaining } from "../support/kernel-ids.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, countingRule, MARKS, recordingRule, SETTINGS } from "./call-rules.ts";

const WHO = 1_900_000_002;
const RULES = {
  "bash-audit.yaml": shippedRule("bash-audit"),
  "counting.yaml": countingRule("counting", WHO, 1),
  "marks.yaml": MARKS,
  "recording.yaml": recordingRule("recording", WHO),
};

for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
  kernelTest(`after ${signal} nothing stays in the kernel`, async () => {
    await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
    const ours = heldBy(daemon.pid);
    // Before perf links, in 5.15, tracepoints and uprobes have descriptors of perf events in place
    // of links.
    const { link_id: links, ...others } = ours;
    const expected = Object.values(kernel.has("perf_link") ? ours : others);
    assert.ok(
      expected.every((ids) => ids.length >= 4),
      JSON.stringify({ ...others, links }),
    );
    assert.equal(remaining(ours).length, Object.values(ours).flat().length);
    daemon.signal(signal);
    const exit = await waitUntil("the end", () => daemon.exit);
    assert.equal(exit, signal === "SIGKILL" ? signal : 0, daemon.output);
    // The kernel frees programs and maps behind grace periods of RCU.
    await waitUntil("the kernel to have nothing of it", () => remaining(ours).length === 0);
  });
}

kernelTest("records from just before SIGTERM are in the log", async () => {
  await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
  call(WHO, 5000);
  assert.equal(await daemon.stop(), 0);
  const recorded = daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording");
  assert.equal(recorded.length, 5000);
  assert.ok(recorded.every(({ who }) => who === WHO));
});

kernelTest("SIGTERM during reloads ends the daemon", async () => {
  await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
  const ours = heldBy(daemon.pid);
  for (let n = 0; n < 20; n++) {
    daemon.writeRule("recording.yaml", recordingRule("recording", n));
    daemon.signal("SIGHUP");
  }
  assert.equal(await daemon.stop(), 0, daemon.output);
  assert.doesNotMatch(daemon.output, /"level":50/);
  await waitUntil("the kernel to have nothing of it", () => remaining(ours).length === 0);
});

kernelTest("a folder without rules is reported, and the daemon runs", async () => {
  await using daemon = await DaemonProcess.start({ rules: {} });
  assert.match(daemon.output, /"level":40,[^\n]*no rule runs: expected rules in /);
  assert.equal(await daemon.stop(), 0);
});
