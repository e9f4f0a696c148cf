import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { call, countingRule, judged, MARKS, recordingRule, reloaded, SETTINGS, notificationsOf } from "./call-rules.ts";

const WHO = 1_900_000_005;

kernelTest("records beside a threshold are not separate messages", async () => {
  const rule = `${countingRule("both", WHO, 100)}event: {who: args.who}\n`;
  await using daemon = await DaemonProcess.start({ rules: { "both.yaml": rule, "m.yaml": MARKS }, settings: SETTINGS });
  call(WHO, 100);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "both"), ["firing 100"]);
});

kernelTest("no record is missing or sent twice while other rules are added and removed", async () => {
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
  "records without room in the ring are counted in a record of their own, and all are accounted for",
  async () => {
    const rules = { "recording.yaml": recordingRule("recording", WHO), "m.yaml": MARKS };
    await using daemon = await DaemonProcess.start({
      rules,
      settings: `${SETTINGS}limits: {ring: 64KiB, records: 100000}\n`,
    });
    daemon.signal("SIGSTOP");
    call(WHO, 20_000);
    daemon.signal("SIGCONT");
    await judged(daemon);
    const lines = daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording");
    const lost = lines.reduce((sum, line) => sum + Number(line["lost_events"] ?? line["left_out"] ?? 0), 0);
    const recorded = lines.filter(({ who }) => who === WHO).length;
    assert.ok(lost > 0 && recorded > 0, `${recorded} recorded, ${lost} lost`);
    assert.equal(recorded + lost, 20_000);
  },
);

kernelTest("records beyond the share of their user are counted in a record that names the user", async () => {
  const rules = { "recording.yaml": recordingRule("recording", WHO), "m.yaml": MARKS };
  await using daemon = await DaemonProcess.start({ rules, settings: `${SETTINGS}limits: {records: 100}\n` });
  call(WHO, 5000);
  await judged(daemon);
  const lines = daemon.lines("alerts.jsonl").filter(({ rule }) => rule === "recording");
  const left = lines.filter(({ left_out: count }) => count !== undefined);
  const recorded = lines.filter(({ who }) => who === WHO).length;
  assert.ok(recorded >= 1000 && recorded < 2000, String(recorded));
  assert.deepEqual(new Set(left.map(({ uid }) => uid)), new Set([process.getuid?.()]));
  assert.equal(recorded + left.reduce((sum, { left_out: count }) => sum + Number(count), 0), 5000);
  const main = join(import.meta.dirname, "../../../daemon/main.ts");
  const status = execFileSync(process.execPath, [main, "status", "recording", "--config", daemon.folder]).toString();
  assert.match(status, new RegExp(`\\b${String(5000 - recorded)} records beyond their user's share`));
});
