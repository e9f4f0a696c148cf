import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { heldBy } from "../support/kernel-ids.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, countingRule, judged, MARKS, recordingRule, reloaded, SETTINGS } from "./call-rules.ts";

const WHO = 1_900_000_009;
const RELOADS = 30;
/** Programs of rules at one place are merged three seconds after the last change. */
const MERGED_MS = 6_000;
const RULES = {
  "bash-audit.yaml": shippedRule("bash-audit"),
  "counting.yaml": countingRule("counting", WHO, 1),
  "marks.yaml": MARKS,
  "recording.yaml": recordingRule("recording", WHO),
};

kernelTest(`after ${RELOADS} reloads the daemon holds as many descriptors, programs and maps as before`, async () => {
  await using daemon = await DaemonProcess.start({ rules: RULES, settings: SETTINGS });
  const change = (to: number): Promise<void> =>
    reloaded(daemon, () => {
      daemon.writeRule("counting.yaml", countingRule("counting", WHO, to));
      daemon.writeRule("recording.yaml", recordingRule("recording", to));
    });
  // What is opened once, with the first reload and the first alert, is open from here on.
  await change(2);
  call(WHO, 5);
  await judged(daemon);
  await setTimeout(MERGED_MS);
  const before = held(daemon.pid);
  for (let reload = 0; reload < RELOADS; reload++) await change(3 + reload);
  await judged(daemon);
  await waitUntil("the old rules' descriptors to be closed, and programs to be merged", () => {
    const { descriptors: _, ...now } = held(daemon.pid);
    return Object.entries(now).every(([name, count]) => count === before[name]);
  });
  // What was open for a moment only, such as the pipes of the reader of files, may be closed by
  // now.
  const { descriptors, ...ofKernel } = held(daemon.pid);
  assert.ok((descriptors ?? 0) <= (before["descriptors"] ?? 0), `${descriptors} > ${before["descriptors"]}`);
  assert.deepEqual({ ...ofKernel, descriptors: before["descriptors"] }, before);
});

function held(pid: number): Readonly<Record<string, number>> {
  const { prog_id: programs, map_id: maps, link_id: links } = heldBy(pid);
  const descriptors = readdirSync(`/proc/${pid}/fd`).length;
  return { descriptors, programs: programs.length, maps: maps.length, links: links.length };
}
