import assert from "node:assert/strict";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { call, countingRule, judged, MARKS, recordingRule, reloaded, SETTINGS, toldOf } from "./call-rules.ts";

const WHO = 1_900_000_005;

kernelTest("records beside a threshold are no messages of their own", async () => {
  const rule = `${countingRule("both", WHO, 100)}event: {who: args.who}\n`;
  await using daemon = await DaemonProcess.start({ rules: { "both.yaml": rule, "m.yaml": MARKS }, settings: SETTINGS });
  call(WHO, 100);
  await judged(daemon);
  assert.deepEqual(toldOf(daemon, "both"), ["firing 100"]);
});

kernelTest("while other rules come and go no record is missing or twice", async () => {
  const rules = { "recording.yaml": recordingRule("recording", WHO) };
  await using daemon = await DaemonProcess.start({ rules, settings: SETTINGS });
  for (let n = 0; n < 5; n++) {
    call(WHO, 1000);
    await reloaded(daemon, () => daemon.writeRule("other.yaml", recordingRule("other", n)));
  }
  assert.equal(await daemon.stop(), 0);
  assert.equal(daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording").length, 5000);
});

kernelTest(
  "records that did not fit into the ring are a record of their own, and none is unaccounted for",
  async () => {
    const rules = { "recording.yaml": recordingRule("recording", WHO), "m.yaml": MARKS };
    await using daemon = await DaemonProcess.start({ rules, settings: `${SETTINGS}limits: {ring: 64KiB}\n` });
    daemon.signal("SIGSTOP");
    call(WHO, 20_000);
    daemon.signal("SIGCONT");
    await judged(daemon);
    const lines = daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording");
    const lost = lines.reduce((sum, { lost_events: count }) => sum + Number(count ?? 0), 0);
    const recorded = lines.filter(({ who }) => who === WHO).length;
    assert.ok(lost > 0 && recorded > 0, `${recorded} recorded, ${lost} lost`);
    assert.equal(recorded + lost, 20_000);
  },
);
