import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { refreshEvent } from "../../../daemon/evaluate/alerts/alert-lifecycle.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import type { Stage } from "../../../daemon/notify/stages/stage.ts";
import type { Message } from "../../../daemon/notify/stages/flush-context.ts";
import { silenceStage } from "../../../daemon/notify/stages/silences.ts";
import { alertForTerminal } from "../../../daemon/receivers/log/log-line.ts";
import { mailOf } from "../../../daemon/receivers/email/mail-text.ts";
import { renderTemplate } from "../../../daemon/text/render.ts";
import { webhookBody } from "../../../daemon/receivers/webhook/webhook-body.ts";
import type { SampleRow } from "../../../daemon/sample/sample.ts";
import { sampleAt, stateOf, type TestRule } from "../evaluate/rule-for-tests.ts";
import { validator } from "./fixtures.ts";
import { matchersOf, Simulation, START_UNIX_MS } from "./pipeline-fixture.ts";

const mail = { name: "mail", kind: "email", to: ["ops@example.org"], from: "a@example.org" } as const;
const SETTINGS_LABELS = { instance: "web1" };
const validate = validator("webhook");

/** A rule, a pipeline and a clock, from what was counted to the mail. */
class Night {
  readonly #state: RuleState;
  readonly #simulation: Simulation;
  readonly #terminal: string[] = [];

  constructor(rule: TestRule, filters: readonly Stage<"alert">[] = []) {
    this.#state = stateOf(rule, renderTemplate);
    this.#simulation = new Simulation({ filters, refresh: (_, event) => refreshEvent(this.#state, event) });
  }

  /** One second; the messages that went. */
  tick(...rows: readonly SampleRow[]): readonly Message[] {
    this.#simulation.nowMs += 1000;
    const { ms, unixMs } = this.#simulation.now;
    const events = evaluateRule(this.#state, sampleAt(ms / 1000, rows), { unixMs, tickMs: 1000 });
    this.#terminal.push(...events.map((event) => alertForTerminal(event, unixMs)));
    this.#simulation.pipeline.take({ rule: "test", events, ruleActions: [] }, this.#simulation.now);
    return this.#simulation.pipeline.step(this.#simulation.now);
  }

  /** Seconds in which each counted the same. */
  ticks(seconds: number, ...rows: readonly SampleRow[]): readonly Message[] {
    return Array.from({ length: seconds }, () => this.tick(...rows)).flat();
  }

  /** The output on a terminal, without colors and without the time, which is local. */
  get terminal(): readonly string[] {
    return this.#terminal.map((line) => line.replace(/\u001b\[\d+m/g, "").slice("20:41:03 ".length));
  }
}

/** The mail of the only message, which its webhook's body must agree with. */
function mailIn(messages: readonly Message[]): string {
  const [message, ...others] = messages;
  assert.ok(message);
  assert.deepEqual(others, []);
  const { content } = message;
  const body = JSON.parse(JSON.stringify(webhookBody({ action: mail, content }, SETTINGS_LABELS))) as {
    readonly alerts: readonly { readonly lead: string }[];
  };
  validate(body);
  const { subject, text } = mailOf({ id: "1", content }, mail.from, SETTINGS_LABELS);
  for (const { lead } of body.alerts) assert.ok(text.includes(lead), lead);
  return `${subject}\n\n${text}`;
}

/** Compares with `mails/NAME.txt`; `UPDATE_MAILS=1` writes it. */
function assertMail(name: string, mailText: string): void {
  const path = new URL(`mails/${name}.txt`, import.meta.url);
  if (process.env["UPDATE_MAILS"] !== undefined) writeFileSync(path, mailText);
  assert.equal(mailText, readFileSync(path, "utf8"));
}

const of = (comm: string, ...slots: readonly number[]): SampleRow => ({ labels: { comm }, values: [slots] });
const counts: TestRule = { by: ["comm"], threshold: { warning: "value > 50", critical: "value > 500" }, window: 20 };
/** In buckets of nanoseconds as histograms have them: bucket, count. */
const slow: TestRule = {
  by: ["comm"],
  aggregates: { value: ["histogram", "duration"] },
  threshold: "p99(value) > 20ms",
  window: 20,
};

test("a count by comm", () => {
  const night = new Night(counts);
  assertMail("count", mailIn(night.tick(of("uxopen", 70), of("quiet", 3))));
  assert.deepEqual(night.terminal, ['FIRING warning test  value 70 > 50 {team="tests", comm="uxopen"}']);
});

test("a count by comm that ends", () => {
  const night = new Night(counts);
  night.tick(of("uxopen", 70));
  night.tick(of("uxopen", 10));
  assertMail("count-resolved", mailIn(night.ticks(70)));
  assert.match(night.terminal[1] ?? "", /^RESOLVED test {2}value 10 > 50 .*\{team="tests", comm="uxopen"\}$/);
});

test("a p99 by comm", () => {
  const night = new Night(slow);
  night.tick(of("slowC", 170, 5), of("dd", 160, 500));
  assertMail("quantile", mailIn(night.tick(of("slowC", 208, 1), of("dd", 160, 400))));
});

const ratio: TestRule = {
  aggregates: { read: "sum", missed: "sum" },
  let: { ratio: "(read - missed) / read" },
  threshold: { warning: "ratio < 90%", critical: "ratio < 75%", clear: "ratio > 95%", when: "read > 1000" },
  window: 30,
  summary:
    "{{ ratio | percent }} of the {{ read }} pages that were read in the last {{ window }} were in the page cache",
};
const pages = (read: number, missed: number): SampleRow => ({ labels: {}, values: [[read], [missed]] });

test("a ratio without by, repeated", () => {
  const night = new Night(ratio);
  night.ticks(3, pages(5000, 50));
  assertMail("ratio", mailIn(night.tick(pages(67_000, 65_000))));
  assertMail("ratio-repeat", mailIn(night.ticks(4 * 3600 + 61, pages(2000, 600)).slice(-1)));
});

test("an alert that was silenced shows its current value and its worst value", () => {
  const silence = {
    id: "1",
    matchers: matchersOf('alertname="test"'),
    startsAtUnixMs: START_UNIX_MS,
    endsAtUnixMs: START_UNIX_MS + 30_000,
    author: "ada",
    comment: "",
  };
  const night = new Night(slow, [silenceStage(() => [silence])]);
  night.tick(of("slowC", 170, 5));
  night.tick(of("slowC", 208, 1));
  assertMail("silenced", mailIn(night.ticks(80, of("slowC", 182, 1))));
});

test("twelve alerts of mixed severity", () => {
  const night = new Night(counts);
  const rows = Array.from({ length: 12 }, (_, key) => of(`c${key + 10}`, key % 6 === 5 ? 600 + key : 60 + key));
  const text = mailIn(night.tick(...rows, of("quiet", 3)));
  assertMail("twelve", text);
  assert.equal(new Set(night.terminal).size, 12);
  for (const line of night.terminal) assert.match(line, / \{team="tests", comm="c\d\d"\}$/);
});

test("ended alerts come last, after firing ones", () => {
  const night = new Night(counts);
  night.tick(of("a", 70), of("b", 700));
  night.ticks(15);
  assertMail("some-resolved", mailIn(night.ticks(60, of("b", 90)).slice(-1)));
});
