import assert from "node:assert/strict";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AlertsReport } from "../../../daemon/api/alert-report.ts";
import type { DrillReport } from "../../../daemon/api/drill-report.ts";
import type { RuleReport, StatusReport } from "../../../daemon/api/status-report.ts";
import { call, countEntries, countingRule, judged, MARKS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { bpfwarden, checkedJson as json } from "../support/ask-daemon.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

const WHO = 1_900_000_017;

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

kernelTest("status shows rules, states, values, probes and faults, and for one rule why it fires or not", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  call(WHO, 2);
  await judged(daemon);
  const quiet = (await json(daemon, "ruleReport", "status", "calls")) as RuleReport;
  assert.equal(quiet.alerts[0]?.state, "ok");
  assert.deepEqual(quiet.alerts[0].values, { value: 2 });
  assert.deepEqual(quiet.tracepoints, [{ probe: "tracepoint:syscalls:sys_enter_getpriority", attach: "tp_btf" }]);
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
  assert.match(out, /Attached: +tracepoint:syscalls:sys_enter_getpriority: raw tracepoint/);
  // An alert that is decided at once is looked at again at the tick.
  assert.match(
    out,
    /dedupe: +(passed for hook at \d{4}-\S+Z: first notification|held for hook at \d{4}-\S+Z: nothing changed)/,
  );
  assert.match((await bpfwarden(daemon, "status")).out, /^calls +firing warning +1 +value 3/m);
  assert.equal(statSync(join(daemon.folder, "state/control.sock")).mode & 0o777, 0o600);
});

kernelTest(
  "a silence suppresses alerts, is shown by status, survives a restart, and releases them at its end",
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
    assert.match(added.out, /\nno alert matches now: check the matchers/);
    call(WHO, 3);
    await judged(daemon);
    assert.deepEqual(sink.alerts("calls"), []);
    assert.match(
      (await bpfwarden(daemon, "status", "calls")).out,
      /silence: +held at \S+: silenced until \S+ by ada: at work/,
    );
    const second = await bpfwarden(daemon, "silence", "add", 'alertname="calls"', "--for", "1s");
    assert.match(second.out, /\nit matches 1 firing alert now\n/);
    await bpfwarden(daemon, "silence", "expire", /^([0-9a-f]{8})  active/m.exec(second.out)?.[1] ?? "");
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
  assert.match(held.out, /silence: +held at \S+: .*\n(.*\n)*nothing was sent/);
  assert.equal(sink.alerts("calls").length, 2);
  assert.equal((await bpfwarden(daemon, "drill", "calls", "--force")).code, 0);
  assert.equal(sink.alerts("calls").length, 4);
});

kernelTest("a request that fails gets a readable error", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  const failed = async (expected: number, args: readonly string[]): Promise<string> => {
    const { errors, code } = await bpfwarden(daemon, ...args);
    assert.equal(code, expected, args.join(" "));
    return errors;
  };
  const vain = (...args: readonly string[]): Promise<string> => failed(1, args);
  /** Wrong usage, which only the daemon can know. */
  const wrong = (...args: readonly string[]): Promise<string> => failed(2, args);
  assert.equal(await vain("status", "cals"), 'bpfwarden: error: no rule "cals" runs\n  did you mean "calls"?\n');
  assert.match(
    await wrong("drill", "calls", "--level", "info"),
    /the rule has no level "info": its levels are warning/,
  );
  assert.match(await wrong("drill", "calls", "--key", "comm=x"), /alerts of the rule have no key "comm": it has no by/);
  assert.match(await vain("silence", "expire", "zz"), /no silence has the id "zz"/);
  assert.match(
    await wrong("silence", "add", "comm=", "--for", "2"),
    /expected a value in double quotes.*\n.*expected a duration/,
  );
  assert.match(
    await wrong("silence", "add", 'comm=""', "--for", "2h"),
    /expected a matcher that an empty label does not match/,
  );
  assert.match(await wrong("silence", "add", "calls"), /expected an end \(--end TIME\) or a duration \(--for 2h\)/);
  assert.match(
    await vain("status", "--socket", "/nowhere/x.sock"),
    /no daemon listens at "\/nowhere\/x.sock": the socket does not exist/,
  );
  assert.equal(countEntries(daemon, "answering a request at the control socket failed"), 0);
});

kernelTest(
  "when a silence ends, by hand or by the clock, its alerts are notified at once, not with their group's next turn",
  async () => {
    await using sink = await WebhookSink.start();
    await using daemon = await start(sink, "notify: {group_interval: 1h}\n");
    const silence = async (...args: readonly string[]): Promise<string> => {
      const { out, errors, code } = await bpfwarden(daemon, "silence", "add", "calls", ...args);
      assert.equal(code, 0, errors);
      return /^([0-9a-f]{8})  active/m.exec(out)?.[1] ?? "";
    };
    const id = await silence("--for", "1h");
    call(WHO, 3);
    await judged(daemon);
    assert.deepEqual(sink.alerts("calls"), []);
    assert.equal((await bpfwarden(daemon, "silence", "expire", id)).code, 0);
    await waitUntil("the page", () => sink.alerts("calls", "firing").length === 1);

    await silence("--for", "5s");
    rmSync(join(daemon.folder, "rules.d/rule.yaml"));
    await daemon.until("the end", () => countEntries(daemon, "detached", "calls") > 0);
    await judged(daemon);
    assert.deepEqual(sink.alerts("calls", "resolved"), [], "its end is held as well");
    await waitUntil("the end to be told", () => sink.alerts("calls", "resolved").length === 1);
  },
);

kernelTest("alerts lists firing alerts of all rules and of the daemon, selected by state and matchers", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  daemon.writeRule("waits.yaml", `${countingRule("waits", WHO, 1)}for: 1h\n`);
  await daemon.until("it to be attached", () => countEntries(daemon, "attached", "waits") > 0);
  call(WHO, 3);
  await judged(daemon);
  const listed = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> => {
    const { alerts } = (await json(daemon, "alerts", "alerts", ...args)) as AlertsReport;
    return alerts.filter(({ alertname }) => alertname !== "marks").map((each) => [each.alertname, each.state]);
  };
  const broken = ["BpfwardenRuleFileBroken", "firing"];
  assert.deepEqual((await listed()).toSorted(byText), [broken, ["calls", "firing"]]);
  assert.deepEqual(await listed("calls"), [["calls", "firing"]]);
  assert.deepEqual(await listed("severity=warning", "alertname=~B.*"), [broken]);
  assert.deepEqual(await listed("severity=critical"), []);
  assert.deepEqual(await listed("--pending"), [["waits", "pending"]]);

  await bpfwarden(daemon, "silence", "add", "calls", "--for", "1h", "--author", "ada", "--comment", "at work");
  assert.deepEqual(await listed(), [broken]);
  assert.deepEqual(await listed("--silenced"), [["calls", "firing"]]);
  assert.equal((await listed("--all")).length, 3);
  const { out } = await bpfwarden(daemon, "alerts", "--silenced", "calls");
  assert.match(out, /^ALERTNAME +LABELS +STARTS AT +SUMMARY +STATE *\ncalls +\{severity="warning"\} +\d{4}-\d\d-\d\dT/);
  assert.match(out, /firing, silenced until/);
  const wrong = await bpfwarden(daemon, "alerts", "severity=~(");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /expected matchers, found other texts\n +severity=~\(: /);
});

kernelTest(
  "a daemon is found with faulty settings and after its socket was deleted, and a stopped one is given up",
  async () => {
    await using sink = await WebhookSink.start();
    await using daemon = await start(sink, "socket: elsewhere.sock\n");
    writeFileSync(join(daemon.folder, "bpfwarden.yaml"), "actions: [\n");
    await waitUntil("the notice", () => sink.alerts("BpfwardenSettingsBroken", "firing").length > 0);
    const { problems, notices } = (await json(daemon, "status", "status")) as StatusReport;
    assert.ok(problems.some(({ path }) => path.endsWith("bpfwarden.yaml")));
    assert.ok(notices.some(({ alertname }) => alertname === "BpfwardenSettingsBroken"));
    const socket = join(daemon.folder, "elsewhere.sock");
    rmSync(socket);
    await waitUntil("a new socket", () => existsSync(socket));
    assert.equal((await bpfwarden(daemon, "status")).code, 0);

    daemon.signal("SIGSTOP");
    try {
      for (const command of [["status"], ["alerts"], ["silence", "list"], ["drill", "calls"]]) {
        const { errors, code } = await bpfwarden(daemon, ...command);
        assert.equal(code, 1);
        assert.match(errors, new RegExp(`gave no answer within .*: the process ${daemon.pid} is stopped`));
      }
    } finally {
      daemon.signal("SIGCONT");
    }
  },
);

kernelTest("status counts the documents of the state that could not be read", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  call(WHO, 3);
  await judged(daemon);
  const whole = (await json(daemon, "status", "status")) as StatusReport;
  assert.equal(whole.stateSetAside, undefined);
  await daemon.restart("SIGTERM", () => {
    const database = new DatabaseSync(join(daemon.folder, "state/state.db"));
    database.exec("UPDATE documents SET version = 1000");
    database.close();
  });
  await judged(daemon);
  const { stateSetAside = 0 } = (await json(daemon, "status", "status")) as StatusReport;
  assert.ok(stateSetAside > 0);
  assert.match((await bpfwarden(daemon, "status")).out, /^\d+ documents? of the state could not be read: set aside$/m);
});

function byText(one: readonly string[], other: readonly string[]): number {
  return String(one) < String(other) ? -1 : 1;
}
