import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
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
  reloaded,
  SETTINGS,
  notificationsOf,
} from "./call-rules.ts";

const WHO = 1_900_000_007;
const FOR_MS = 4000;

function start(rule: string, settings = SETTINGS): Promise<DaemonProcess> {
  return DaemonProcess.start({ rules: { "marks.yaml": MARKS, "rule.yaml": rule }, settings });
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  kernelTest(
    `after ${signal} a firing alert stays firing, is not notified again, and its end is notified`,
    async () => {
      await using sink = await WebhookSink.start();
      const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\nnotify: {group_interval: 200ms}\n`;
      await using daemon = await start(countingRule("fires", WHO, 3), settings);
      call(WHO, 3);
      const first = await waitUntil("the page", () => sink.alerts("fires", "firing")[0]);
      await judged(daemon);
      await daemon.restart(signal);
      await judged(daemon);
      assert.equal(sink.alerts("fires").length, 1);
      assert.deepEqual(notificationsOf(daemon, "fires"), ["firing 3"]);

      rmSync(join(daemon.folder, "rules.d/rule.yaml"));
      const resolved = await waitUntil("the end", () => sink.alerts("fires", "resolved")[0]);
      assert.equal(resolved.startsAt, first.startsAt);
      assert.deepEqual(resolved.labels, first.labels);
    },
  );
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  kernelTest(`after ${signal} a page that could not be delivered is delivered, once`, async () => {
    const [port, url] = await freePlace();
    const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\nnotify: {group_interval: 200ms}\n`;
    await using daemon = await start(countingRule("undelivered", WHO, 1), settings);
    call(WHO);
    await waitUntil("an attempt", () => countEntries(daemon, "delivery retrying") > 0);
    await judged(daemon);
    await daemon.restart(signal);
    await waitUntil("another attempt", () => countEntries(daemon, "delivery retrying") > 0);
    await using sink = await WebhookSink.start(port);
    const page = await waitUntil("the page", () => sink.alerts("undelivered", "firing")[0]);
    assert.equal(page.labels["alertname"], "undelivered");
    await judged(daemon);
    await daemon.restart(signal);
    await judged(daemon);
    assert.equal(sink.alerts("undelivered").length, 1);
  });
}

/** A port that nobody listens at, and its URL. */
async function freePlace(): Promise<readonly [number, string]> {
  await using sink = await WebhookSink.start();
  return [sink.port, sink.url];
}

kernelTest("a `for` continues after the daemon was killed, without the time between", async () => {
  const rule = `${countingRule("waits", WHO, 1)}for: ${FOR_MS}ms\n`;
  await using daemon = await start(rule);
  call(WHO);
  const startedMs = performance.now();
  await sleep(FOR_MS / 2);
  await daemon.restart("SIGKILL");
  const restartedMs = performance.now();
  await waitUntil("the alert", () => alertsOf(daemon, "waits").length > 0);
  const firedMs = performance.now();
  assert.ok(firedMs - startedMs >= FOR_MS, "not before its time");
  assert.ok(firedMs - restartedMs < FOR_MS, "and not anew");
});

kernelTest("a changed condition or a removed rule ends the alert, if it changed while no daemon ran", async () => {
  await using daemon = await start(countingRule("changes", WHO, 2));
  daemon.writeRule("gone.yaml", countingRule("gone", WHO, 2));
  await waitUntil("the other rule", () => countEntries(daemon, "attached", "gone") > 0);
  call(WHO, 2);
  await judged(daemon);
  await daemon.restart("SIGTERM", () => {
    daemon.writeRule("rule.yaml", countingRule("changes", WHO, 1));
    rmSync(join(daemon.folder, "rules.d/gone.yaml"));
    // What is wrong with another file says nothing of this one.
    daemon.writeRule("broken.yaml", "rule: [\n");
  });
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "changes"), ["firing 2", "resolved 2"]);
  assert.equal(alertsOf(daemon, "changes").at(-1)?.reason, "the rule was changed");
  assert.equal(alertsOf(daemon, "gone").at(-1)?.reason, "the rule was removed");
  assert.equal(countEntries(daemon, "the rule judges otherwise than before: its state begins anew", "changes"), 1);
});

kernelTest("other texts and receivers keep counts and alerts; other labels make it another alert", async () => {
  const rule = countingRule("worded", WHO, 3);
  await using daemon = await start(rule);
  call(WHO, 2);
  await judged(daemon);
  await reloaded(daemon, () =>
    daemon.writeRule("rule.yaml", `${rule}summary: "{{ value }} calls"\naction: [file, screen]\n`),
  );
  call(WHO, 1);
  await judged(daemon);
  assert.deepEqual(notificationsOf(daemon, "worded"), ["firing 3"]);
  assert.equal(countEntries(daemon, "attached", "worded"), 1);
  assert.equal(countEntries(daemon, "the rule's condition is unchanged: its state is kept", "worded"), 1);

  await reloaded(daemon, () => daemon.writeRule("rule.yaml", `${rule}labels: {team: db}\n`));
  await judged(daemon);
  assert.deepEqual(
    alertsOf(daemon, "worded").map(({ alert, labels }) => `${alert} ${labels["team"] ?? "none"}`),
    ["firing none", "resolved none", "firing db"],
  );
  // and after a restart, too
  await daemon.restart("SIGTERM", () => daemon.writeRule("rule.yaml", `${rule}labels: {team: web}\n`));
  await judged(daemon);
  assert.deepEqual(
    alertsOf(daemon, "worded")
      .slice(3)
      .map(({ alert, labels }) => `${alert} ${labels["team"] ?? "none"}`)
      .toSorted(),
    ["firing web", "resolved db"],
  );
});

kernelTest("a state that cannot be kept is reported, and alerts are still delivered", async () => {
  await using daemon = await DaemonProcess.start({
    rules: { "marks.yaml": MARKS },
    settings: `${SETTINGS}state_dir: taken\n`,
  });
  await daemon.restart("SIGTERM", () => {
    rmSync(join(daemon.folder, "taken"), { recursive: true });
    writeFileSync(join(daemon.folder, "taken"), "no folder");
  });
  await judged(daemon);
  assert.equal(countEntries(daemon, "state is not kept: a restart would forget alerts and silences"), 1);
});

kernelTest("with any rows in the state, the daemon starts and pages, and sets unreadable ones aside", async () => {
  await using daemon = await start(countingRule("pages", WHO, 3));
  call(WHO, 3);
  await judged(daemon);
  const database = join(daemon.folder, "state/state.db");
  const spoil = (spoilt: (json: string, row: number) => string): void => {
    using state = new DatabaseSync(database);
    const rows = state.prepare("SELECT rowid, json FROM documents").all();
    const update = state.prepare("UPDATE documents SET json = ? WHERE rowid = ?");
    for (const [place, { rowid, json }] of rows.entries()) update.run(spoilt(String(json), place), rowid as number);
  };
  const ways: readonly ((json: string, row: number) => string)[] = [
    () => "",
    () => "null",
    () => "[1, {}]",
    (json) => json.slice(0, json.length / 2),
    (json) => json.replaceAll(/:"[^"]*"/g, ":7"),
    (json) => json.replaceAll(/:-?[\d.]+/g, ':"text"'),
    (json) => json.replaceAll(/:-?[\d.]+/g, ":1e300"),
    (json) => json.replaceAll("[", '[null,"x",'),
    (json, row) => (row % 2 === 0 ? json : json.replace("{", '{"$map":[[1,2]],')),
  ];
  for (const way of ways) {
    await daemon.restart("SIGTERM", () => spoil(way));
    await judged(daemon);
    const failures = entries(daemon).filter(({ level, msg }) => Number(level) >= 50 || /failed/.test(String(msg)));
    assert.deepEqual(failures, [], String(way));
  }
  assert.ok(alertsOf(daemon, "pages").length > 0);
});
