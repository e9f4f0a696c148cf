import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EventLog } from "../../../daemon/audit/event-log.ts";
import { attempt } from "../../../daemon/notify/receivers.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, context, events, record, resolved, validator } from "./fixtures.ts";

const validate = validator("event");
const never = new AbortController().signal;
const screen: ActionSettings = { name: "screen", kind: "log", path: "-" };

test("writes one JSON line a record or change of an alert, valid by its schema", async () => {
  const written: string[] = [];
  const world = context({}, written);
  await attempt(events(screen, 0, record, { ...record, truncated: ["command"], escaped: ["command"] }), world, never);
  await attempt(alerts(screen, alert, resolved), world, never);
  const lines = written.join("").split("\n");
  assert.equal(lines.pop(), "");
  const values = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  values.forEach(validate);
  assert.deepEqual(values[0], {
    time: "2026-11-23T20:41:03.123456789Z",
    rule: "bash-audit",
    instance: "web1",
    command: record.fields["command"],
    pid: 4711,
    loginuid: "18446744073709551615",
  });
  assert.deepEqual([values[1]?.["truncated"], values[1]?.["escaped"]], [["command"], ["command"]]);
  assert.partialDeepStrictEqual(values[2], {
    time: "2026-11-23T20:41:03.125Z",
    rule: "tcp-retransmits",
    alert: "firing",
    severity: "warning",
    labels: { instance: "web1", daddr: "192.0.2.7" },
    values: { value: 131, ratio: null },
  });
  assert.partialDeepStrictEqual(values[3], { alert: "resolved", ends_at: "2026-11-23T20:42:03.125Z" });
});

test("a field never hides the time, the rule or a label", async () => {
  const written: string[] = [];
  const fields = { time: "x", rule: "y", instance: "z", truncated: 1, instance_: 2 };
  await attempt(events(screen, 0, { ...record, fields }), context({}, written), never);
  assert.deepEqual(JSON.parse(written[0] ?? ""), {
    time: "2026-11-23T20:41:03.123456789Z",
    rule: "bash-audit",
    instance: "web1",
    time_: "x",
    rule_: "y",
    instance_: "z",
    truncated_: 1,
    instance__: 2,
  });
});

test("no control character reaches standard output, as JSON or on a terminal", async () => {
  for (const isTerminal of [false, true]) {
    const written: string[] = [];
    const standardOutput = { isTerminal, write: (text: string) => void written.push(text) };
    const evil = { ...alert, summary: "\u001b]0;x\u0007\u202e\u009b", reason: "\r\u0085" };
    await attempt(events(screen, 0, record), context({ standardOutput }), never);
    await attempt(alerts(screen, evil), context({ standardOutput }), never);
    const text = written.join("").replace(/\u001b\[[0-9;]+m/g, "");
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(
      text,
      isTerminal ? /command="echo "a\\x1b\[31m\\x9b\\u\{202e\}\\x0a""/ : /\\u001b\[31m\\u009b\\u202e\\n/,
    );
  }
});

test("a terminal gets lines for people", async () => {
  const written: string[] = [];
  const standardOutput = { isTerminal: true, write: (text: string) => void written.push(text) };
  await attempt(alerts(screen, alert, resolved), context({ standardOutput }), never);
  const text = written.join("").replace(/\u001b\[[0-9;]+m/g, "");
  const [firing, done] = text.split("\n");
  assert.match(firing ?? "", /^\d\d:\d\d:\d\d FIRING warning tcp-retransmits {2}192\.0\.2\.7:443: 131 segments/);
  assert.match(done ?? "", /^\d\d:\d\d:\d\d RESOLVED tcp-retransmits/);
});

test("writes to a file that logrotate moves, and says why where it cannot", async () => {
  const directory = mkdtempSync(join(tmpdir(), "notify-log-"));
  const path = join(directory, "audit.jsonl");
  using opened = new EventLog(path);
  const world = context({ eventLog: () => opened });
  const file: ActionSettings = { name: "audit", kind: "log", path };
  assert.deepEqual(await attempt(events(file, 0, record), world, never), { ok: true });
  renameSync(path, `${path}.1`);
  assert.deepEqual(await attempt(events(file, 0, record, record), world, never), { ok: true });
  assert.equal(readFileSync(`${path}.1`, "utf8").split("\n").length, 2);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  using bad = new EventLog("/proc/nothing/here");
  const outcome = await attempt(events(file, 0, record), context({ eventLog: () => bad }), never);
  assert.partialDeepStrictEqual(outcome, { ok: false, retry: true });
  rmSync(directory, { recursive: true });
});
