import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linkIds, mapIds, programIds } from "libbpf-ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, countingRule, MARKS, recordingRule, SETTINGS } from "./call-rules.ts";

const WHO = 1_900_000_002;
const RULES = {
  "bash-audit.yaml": shippedRule("bash-audit"),
  "counting.yaml": countingRule("counting", WHO, 1),
  "marks.yaml": MARKS,
  "recording.yaml": recordingRule("recording", WHO),
};

/** Ids of programs, maps and links, by what `/proc/PID/fdinfo` calls them. */
type KernelIds = Readonly<Record<"prog_id" | "map_id" | "link_id", readonly number[]>>;

/** What the daemon's descriptors hold, so that tests which run side by side are not mixed up. */
function held({ pid }: DaemonProcess): KernelIds {
  const folder = `/proc/${pid}/fdinfo`;
  const text = readdirSync(folder)
    .map((fd) => readFileSync(join(folder, fd), "utf8"))
    .join("\n");
  const ids = (name: string): number[] =>
    [...text.matchAll(new RegExp(`^${name}:\\s*(\\d+)`, "gm"))].map(([, id]) => Number(id));
  return { prog_id: ids("prog_id"), map_id: ids("map_id"), link_id: ids("link_id") };
}

/** Those that the kernel still has: ids are given in order, not again soon. */
function remaining({ prog_id, map_id, link_id }: KernelIds): readonly number[] {
  const [programs, maps, links] = [new Set(programIds()), new Set(mapIds()), new Set(linkIds())];
  return [
    ...prog_id.filter((id) => programs.has(id)),
    ...map_id.filter((id) => maps.has(id)),
    ...link_id.filter((id) => links.has(id)),
  ];
}

for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
  kernelTest(`after ${signal} nothing stays in the kernel`, async () => {
    await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
    const ours = held(daemon);
    assert.ok(
      Object.values(ours).every((ids) => ids.length >= 4),
      JSON.stringify(ours),
    );
    assert.equal(remaining(ours).length, Object.values(ours).flat().length);
    daemon.signal(signal);
    const exit = await waitUntil("the end", () => daemon.exit);
    assert.equal(exit, signal === "SIGKILL" ? signal : 0, daemon.output);
    // The kernel frees programs and maps behind grace periods of RCU.
    await waitUntil("the kernel to have nothing of it", () => remaining(ours).length === 0);
  });
}

kernelTest("what was recorded right before SIGTERM is in the log", async () => {
  await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
  call(WHO, 5000);
  assert.equal(await daemon.stop(), 0);
  const recorded = daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording");
  assert.equal(recorded.length, 5000);
  assert.ok(recorded.every(({ who }) => who === WHO));
});

kernelTest("SIGTERM during reloads ends all the same", async () => {
  await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
  const ours = held(daemon);
  for (let n = 0; n < 20; n++) {
    daemon.writeRule("recording.yaml", recordingRule("recording", n));
    daemon.signal("SIGHUP");
  }
  assert.equal(await daemon.stop(), 0, daemon.output);
  assert.doesNotMatch(daemon.output, /"level":50/);
  await waitUntil("the kernel to have nothing of it", () => remaining(ours).length === 0);
});
