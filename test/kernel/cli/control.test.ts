import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { DrillReport } from "../../../daemon/api/drill-report.ts";
import type { RuleReport, StatusReport } from "../../../daemon/api/status-report.ts";
import { call, countEntries, countingRule, judged, MARKS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const ROOT = join(import.meta.dirname, "../../..");
const WHO = 1_900_000_017;

interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly code: number | null;
}

/** Without blocking this process, in which the receiver is. */
async function bpfwarden(daemon: DaemonProcess, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(ROOT, "daemon/main.ts"), ...args, "--config", daemon.folder]);
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { out, errors, code };
}

async function json(daemon: DaemonProcess, definition: string, ...args: readonly string[]): Promise<unknown> {
  const { out, errors } = await bpfwarden(daemon, ...args, "--json");
  if (out === "") throw new Error(errors);
  const answer: unknown = JSON.parse(out);
  const schema = JSON.parse(readFileSync(join(ROOT, "schemas/control.schema.json"), "utf8")) as {
    readonly $id: string;
  };
  const check = new Ajv2020({ strict: false })
    .addSchema(schema)
    .compile({ $ref: `${schema.$id}#/$defs/${definition}` });
  assert.ok(check(answer), JSON.stringify(check.errors));
  return answer;
}

async function start(sink: WebhookSink, more = ""): Promise<DaemonProcess> {
  const settings = `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\n${more}`;
  const rules = {
    "marks.yaml": `${MARKS}action: file\n`,
    "rule.yaml": countingRule("calls", WHO, 3),
    "broken.yaml": "rule: [\n",
  };
  return DaemonProcess.start({ rules, settings });
}

kernelTest(
  "status shows rules, states, values, probes and what is wrong; of one rule why it does and does not fire",
  async () => {
    await using sink = await WebhookSink.start();
    await using daemon = await start(sink);
    call(WHO, 2);
    await judged(daemon);
    const quiet = (await json(daemon, "ruleReport", "status", "calls")) as RuleReport;
    assert.equal(quiet.alerts[0]?.state, "ok");
    assert.deepEqual(quiet.alerts[0].values, { value: 2 });
    call(WHO, 1);
    await judged(daemon);
    const { rules, problems, receivers } = (await json(daemon, "status", "status")) as StatusReport;
    const calls = rules.find(({ rule }) => rule === "calls");
    assert.deepEqual([calls?.state, calls?.level, calls?.values], ["firing", "warning", { value: 3 }]);
    assert.deepEqual(calls?.probes, ["tracepoint:syscalls:sys_enter_getpriority"]);
    assert.ok((calls?.cost.kernelBytes ?? 0) > 0);
    assert.deepEqual(
      problems.map(({ path }) => path.split("/").at(-1)),
      ["broken.yaml"],
    );
    assert.ok(receivers.some(({ name, kind }) => name === "hook" && kind === "webhook"));

    const { out } = await bpfwarden(daemon, "status", "calls");
    assert.match(out, /^calls\{team="tests"\}|^calls: firing warning/m);
    assert.match(out, /Because: +value 3 >= 3/);
    assert.match(out, /dedupe: +passed for hook: first notification/);
    assert.match((await bpfwarden(daemon, "status")).out, /^calls +firing warning +1 +value 3/m);
    assert.equal(statSync(join(daemon.folder, "state/control.sock")).mode & 0o777, 0o600);
  },
);

kernelTest(
  "a silence holds alerts, is said by status, survives a restart, and lets them go when it is ended",
  async () => {
    await using sink = await WebhookSink.start();
    await using daemon = await start(sink, "notify: {group_interval: 200ms}\n");
    const added = await bpfwarden(
      daemon,
      "silence",
      "add",
      'alertname="calls"',
      "--for",
      "1h",
      "--comment",
      "at work",
      "--author",
      "ada",
    );
    assert.equal(added.code, 0, added.errors);
    const [, id = ""] = /^([0-9a-f]{8})  active/m.exec(added.out) ?? [];
    call(WHO, 3);
    await judged(daemon);
    assert.deepEqual(sink.alerts("calls"), []);
    assert.match(
      (await bpfwarden(daemon, "status", "calls")).out,
      /silence: +held: silenced until \S+ by ada: at work/,
    );
    await daemon.restart("SIGKILL");
    await judged(daemon);
    assert.deepEqual(sink.alerts("calls"), []);
    assert.match((await bpfwarden(daemon, "silence", "list")).out, new RegExp(`^${id}  active`, "m"));
    assert.equal((await bpfwarden(daemon, "silence", "expire", id)).code, 0);
    await waitUntil("the page", () => sink.alerts("calls", "firing").length === 1);
    assert.equal((await bpfwarden(daemon, "silence", "list")).out, "no silences\n");
  },
);

kernelTest("a drill goes through all stages to the real receivers, is marked as one, and changes nothing", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  const report = (await json(daemon, "drill", "drill", "calls")) as DrillReport;
  assert.ok(report.ok, JSON.stringify(report));
  assert.deepEqual(
    report.answers.map(({ action, status, ok }) => [action, status, ok]),
    [
      ["file", "firing", true],
      ["hook", "firing", true],
      ["file", "resolved", true],
      ["hook", "resolved", true],
    ],
  );
  assert.deepEqual(
    sink.alerts("calls").map(({ labels }) => labels["drill"]),
    ["true", "true"],
  );
  assert.deepEqual(
    ((await json(daemon, "ruleReport", "status", "calls")) as RuleReport).alerts.map(({ state }) => state),
    ["ok"],
  );

  await bpfwarden(daemon, "silence", "add", 'drill="true"', "--for", "1h");
  const held = await bpfwarden(daemon, "drill", "calls");
  assert.equal(held.code, 1);
  assert.match(held.out, /silence: +held: .*\n(.*\n)*nothing was sent/);
  assert.equal(sink.alerts("calls").length, 2);
  assert.equal((await bpfwarden(daemon, "drill", "calls", "--force")).code, 0);
  assert.equal(sink.alerts("calls").length, 4);
});

kernelTest("what is asked in vain is told in words", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  const vain = async (...args: readonly string[]): Promise<string> => {
    const { errors, code } = await bpfwarden(daemon, ...args);
    assert.equal(code, 1);
    return errors;
  };
  assert.equal(await vain("status", "cals"), 'bpfwarden: error: no rule "cals" runs\n  did you mean "calls"?\n');
  assert.match(await vain("drill", "calls", "--level", "info"), /the rule has no level "info": its levels are warning/);
  assert.match(await vain("drill", "calls", "--key", "comm=x"), /alerts of the rule have no key "comm": it has no by/);
  assert.match(await vain("silence", "expire", "zz"), /there is no silence "zz"/);
  assert.match(
    await vain("silence", "add", "comm=", "--for", "2"),
    /expected a value in double quotes.*\n.*expected a duration/,
  );
  assert.match(
    await vain("silence", "add", 'comm=""', "--for", "2h"),
    /expected a matcher that an empty label does not match/,
  );
  assert.match(
    await vain("status", "--socket", "/nowhere/x.sock"),
    /no daemon listens at "\/nowhere\/x.sock": there is no such socket/,
  );
  assert.equal(countEntries(daemon, "answering at the socket failed"), 0);
});
