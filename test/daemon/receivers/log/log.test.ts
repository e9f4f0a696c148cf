import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import {
  alert,
  alerts,
  bufferTo,
  context,
  eventLog,
  events,
  logTo,
  record,
  resolved,
  validator,
} from "../../notify/fixtures.ts";

const validate = validator("event");
const never = new AbortController().signal;
const screen = logTo("-", "screen");

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

test("thousands of alerts, more than may wait at once, are written while other work has its turn", async () => {
  const written: string[] = [];
  const summaries = Array.from({ length: 5000 }, (_, index) => `number ${index}`);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await attempt(alerts(screen, ...summaries.map((summary) => ({ ...alert, summary }))), context({}, written), never);
  isDone = true;
  assert.ok(turns >= 20, String(turns));
  const lines = written.join("").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { readonly summary: unknown }).summary),
    summaries,
  );
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
    const evil = { ...alert, summary: "\u001b]0;x\u0007\u202e\u009b", reason: "\r\u0085" };
    const world = context({ isTerminal }, written);
    await attempt(events(screen, 0, record), world, never);
    await attempt(alerts(screen, evil), world, never);
    const text = written.join("").replace(/\u001b\[[0-9;]+m/g, "");
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(
      text,
      isTerminal ? /command="echo "a\\x1b\[31m\\u\{9b\}\\u\{202e\}\\x0a""/ : /\\u001b\[31m\\u009b\\u202e\\n/,
    );
  }
});

test("a terminal gets lines for people", async () => {
  const written: string[] = [];
  await attempt(alerts(screen, alert, resolved), context({ isTerminal: true }, written), never);
  const text = written.join("").replace(/\u001b\[[0-9;]+m/g, "");
  const [firing, done] = text.split("\n");
  assert.match(firing ?? "", /^\d\d:\d\d:\d\d FIRING warning tcp-retransmits {2}192\.0\.2\.7:443: 131 segments/);
  assert.match(done ?? "", /^\d\d:\d\d:\d\d RESOLVED tcp-retransmits/);
});

test("writes to a file that logrotate moves, and gives the reason if it cannot", async () => {
  const directory = mkdtempSync(join(tmpdir(), "notify-log-"));
  const path = join(directory, "audit.jsonl");
  const opened = bufferTo(eventLog(path));
  const world = context({ openLog: () => opened });
  const file = logTo(path);
  assert.deepEqual(await attempt(events(file, 0, record), world, never), { ok: true });
  renameSync(path, `${path}.1`);
  assert.deepEqual(await attempt(events(file, 0, record, record), world, never), { ok: true });
  assert.equal(readFileSync(`${path}.1`, "utf8").split("\n").length, 2);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  await opened.release();
  const outcome = await attempt(events(logTo("/proc/nothing/here"), 0, record), context(), never);
  assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
  rmSync(directory, { recursive: true });
});
