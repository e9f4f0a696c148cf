import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import {
  alertsOf,
  call,
  countEntries,
  countingRule,
  entries,
  judged,
  MARKS,
  recordingRule,
  reloaded,
  SETTINGS,
  notificationsOf,
} from "./call-rules.ts";

const WHO = 1_900_000_001;

function start(rules: Readonly<Record<string, string>>): Promise<DaemonProcess> {
  return DaemonProcess.start({ rules: { "marks.yaml": MARKS, ...rules }, settings: SETTINGS });
}

kernelTest("an unchanged rule keeps its counts and its alert while others are added, changed and removed", async () => {
  await using daemon = await start({ "kept.yaml": countingRule("kept", WHO, 30) });
  call(WHO, 10);
  await reloaded(daemon, () => daemon.writeRule("other.yaml", recordingRule("other", 1)));
  call(WHO, 10);
  await reloaded(daemon, () => daemon.writeRule("other.yaml", recordingRule("other", 2)));
  call(WHO, 9);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "kept"), []);
  call(WHO);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "kept"), ["firing 30"]);
  await reloaded(daemon, () => rmSync(join(daemon.folder, "rules.d/other.yaml")));
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "kept"), ["firing 30"]);
  assert.equal(countEntries(daemon, "attached", "kept"), 1);
});

kernelTest("comments, and another file, do not change a rule", async () => {
  await using daemon = await start({ "kept.yaml": countingRule("kept", WHO, 30) });
  await reloaded(daemon, () => daemon.writeRule("kept.yaml", `# twice\n${countingRule("kept", WHO, 30)}`));
  const from = join(daemon.folder, "rules.d/kept.yaml");
  await reloaded(daemon, () => {
    rmSync(from);
    daemon.writeRule("moved.yaml", countingRule("kept", WHO, 30));
  });
  // It runs on by where it is now, not by where it was first.
  await reloaded(daemon, () => daemon.writeRule("moved.yaml", "rule: ["));
  call(WHO, 30);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "kept"), ["firing 30"]);
  assert.equal(countEntries(daemon, "attached", "kept"), 1);
});

kernelTest("a changed rule starts again, and its alerts are resolved", async () => {
  await using daemon = await start({ "rule.yaml": countingRule("changing", WHO, 5) });
  call(WHO, 5);
  await judged(daemon);
  await reloaded(daemon, () => daemon.writeRule("rule.yaml", countingRule("changing", WHO, 4)));
  call(WHO, 3);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "changing"), ["firing 5", "resolved 5"]);
  assert.equal(alertsOf(daemon, "changing").at(-1)?.reason, "the rule was changed");
  call(WHO);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "changing").slice(2), ["firing 4"]);
});

kernelTest("a rule that is removed while it fires is resolved", async () => {
  await using daemon = await start({ "rule.yaml": countingRule("removed", WHO, 1) });
  call(WHO);
  await judged(daemon);
  await reloaded(daemon, () => rmSync(join(daemon.folder, "rules.d/rule.yaml")));
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "removed"), ["firing 1", "resolved 1"]);
  assert.equal(alertsOf(daemon, "removed").at(-1)?.reason, "the rule was removed");
});

kernelTest("a broken file disturbs neither its old version nor others, and is reported once", async () => {
  await using daemon = await start({ "rule.yaml": countingRule("steady", WHO, 10) });
  const faults = (): readonly unknown[] =>
    entries(daemon)
      .filter(({ msg }) => String(msg).includes("/rule.yaml:"))
      .map(({ code }) => code);
  call(WHO, 5);
  // Faults of three stages: reading YAML, checking against the kernel, formulas.
  const broken = ["rule: [", countingRule("steady", WHO, 9).replace("args.who", "args.whom"), "rule: steady\n"];
  for (const [at, text] of broken.entries()) {
    await reloaded(daemon, () => daemon.writeRule("rule.yaml", text));
    const told = faults();
    assert.ok(told.length > at, daemon.output);
    await reloaded(daemon, () => daemon.writeRule("other.yaml", recordingRule(`other-${at}`, 1)));
    await reloaded(daemon, () => daemon.signal("SIGHUP"));
    assert.deepEqual(faults(), told);
    assert.equal(countEntries(daemon, "attached", `other-${at}`), 1);
  }
  await reloaded(daemon, () => daemon.writeRule("rule.yaml", countingRule("steady", WHO, 10)));
  call(WHO, 5);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "steady"), ["firing 10"]);
  assert.equal(countEntries(daemon, "attached", "steady"), 1);
});

kernelTest("rules that cannot run are reported, and the others run", async () => {
  const rules = {
    "unknown.yaml": "rule: unknown\nprobe: tracepoint:nowhere:nothing\nevent: {pid: pid}\n",
    "too-large.yaml": `rule: too-large\nprobe: tracepoint:sched:sched_process_exec\nby: {exe: str(args.filename)}
aggregate: count()\nthreshold: value > 1\n`,
    "good.yaml": countingRule("good", WHO, 1),
    "marks.yaml": MARKS,
  };
  const settings = `${SETTINGS}limits: {memory: 1MiB, keys: 1000}\n`;
  await using daemon = await DaemonProcess.start({ rules, settings });
  call(WHO);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "good"), ["firing 1"]);
  const told = entries(daemon).filter(({ level }) => level === 50);
  assert.equal(told.length, 2, daemon.output);
  assert.ok(told.some(({ code, msg }) => code === "over-memory" && /too-large\.yaml:1:7: .*1MiB/.test(String(msg))));
  assert.ok(told.some(({ msg }) => /unknown\.yaml:2:/.test(String(msg))));
  assert.deepEqual(new Set(attachedRules(daemon)), new Set(["good", "marks"]));
});

for (const [what, spoil] of Object.entries({
  missing: (path: string) => rmSync(path),
  "a link that leads nowhere": (path: string) => {
    rmSync(path);
    symlinkSync("nowhere.yaml", path);
  },
  "writable by everybody": (path: string) => chmodSync(path, 0o666),
})) {
  kernelTest(
    `settings that are ${what} at a reload leave the old ones in use, which is reported until they are back`,
    async () => {
      await using daemon = await start({ "r.yaml": countingRule("heard", WHO, 1) });
      const path = join(daemon.folder, "bpfwarden.yaml");
      const text = readFileSync(path);
      await reloaded(daemon, () => spoil(path));
      const notice = (status: string): boolean =>
        alertsOf(daemon, "BpfwardenSettingsBroken").some(
          ({ alert, labels }) => alert === status && labels["file"] === path,
        );
      await waitUntil("the notice", () => notice("firing"));
      call(WHO);
      await judged(daemon);
      assert.deepEqual(notificationsOf(daemon, "heard"), ["firing 1"], "in the file that the settings named");
      await reloaded(daemon, () => {
        rmSync(path, { force: true });
        writeFileSync(path, text, { mode: 0o644 });
      });
      await waitUntil("its end", () => notice("resolved"));
    },
  );
}

kernelTest("faulty settings leave the old ones in use; changed ones are used, and the old log is closed", async () => {
  await using daemon = await start({ "rule.yaml": countingRule("told", WHO, 1) });
  const settings = (text: string): void => writeFileSync(join(daemon.folder, "bpfwarden.yaml"), text);
  await reloaded(daemon, () => settings("actions: {file: {log: {}}}\n"));
  call(WHO);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "told"), ["firing 1"]);
  assert.ok(openFiles(daemon).some((path) => path.endsWith("/alerts.jsonl")));

  await reloaded(daemon, () => settings(SETTINGS.replace("alerts.jsonl", "elsewhere.jsonl")));
  assert.ok(!openFiles(daemon).some((path) => path.endsWith("/alerts.jsonl")));
  await reloaded(daemon, () => rmSync(join(daemon.folder, "rules.d/rule.yaml")));
  await waitUntil("the other log", () => notificationsOf(daemon, "told", "elsewhere.jsonl").length > 0);
  assert.deepEqual(notificationsOf(daemon, "told", "elsewhere.jsonl"), ["resolved 1"]);
  assert.equal(countEntries(daemon, "attached", "told"), 1);
});

kernelTest(
  "a rule whose action was removed from the settings is reported, and still notifies the old receiver",
  async () => {
    const rule = `${countingRule("heard", WHO, 1)}action: other\n`;
    const other = `actions: {file: {log: {path: alerts.jsonl}}, other: {log: {path: other.jsonl}}}
defaults: {action: file}\ntick: 100ms\n`;
    const rules = { "marks.yaml": MARKS, "rule.yaml": rule };
    await using daemon = await DaemonProcess.start({ rules, settings: other });
    await reloaded(daemon, () => writeFileSync(join(daemon.folder, "bpfwarden.yaml"), SETTINGS));
    assert.ok(entries(daemon).some(({ code }) => code === "unknown-action"));
    call(WHO);
    await judged(daemon);
    assert.deepEqual(notificationsOf(daemon, "heard", "other.jsonl"), ["firing 1"]);
    await reloaded(daemon, () => daemon.signal("SIGHUP"));
    await reloaded(daemon, () => rmSync(join(daemon.folder, "rules.d/rule.yaml")));
    await judged(daemon);
    assert.deepEqual(notificationsOf(daemon, "heard", "other.jsonl"), ["firing 1", "resolved 1"]);
  },
);

kernelTest("an alert that waits for a receiver is sent by the changed settings", async () => {
  await using sink = await WebhookSink.start();
  // Nothing listens at port 9 (discard).
  const settings = `actions: {hook: {webhook: {url: "http://127.0.0.1:9/"}}}\ndefaults: {action: hook}\n`;
  await using daemon = await DaemonProcess.start({ rules: { "r.yaml": countingRule("waiting", WHO, 1) }, settings });
  call(WHO);
  await daemon.until("a failed attempt", (output) => output.includes("delivery retrying"));
  writeFileSync(join(daemon.folder, "bpfwarden.yaml"), settings.replace("http://127.0.0.1:9/", sink.url));
  const alert = await waitUntil("the alert", () => sink.alerts("waiting", "firing")[0]);
  assert.equal(alert.values["value"], 1);
});

function openFiles(daemon: DaemonProcess): readonly string[] {
  const folder = `/proc/${daemon.pid}/fd`;
  return readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return ""; // closed meanwhile
    }
  });
}

function attachedRules(daemon: DaemonProcess): ReadonlySet<unknown> {
  return new Set(
    entries(daemon)
      .filter(({ msg }) => msg === "attached")
      .map(({ rule }) => rule),
  );
}
