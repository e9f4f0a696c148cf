import assert from "node:assert/strict";
import { test } from "node:test";
import pino from "pino";
import type { ControlApi } from "../../../daemon/api/control-api.ts";
import type { RuleStatus } from "../../../daemon/api/rule-status.ts";
import { evaluateRule } from "../../../daemon/evaluate/evaluate-rule.ts";
import type { RuleState } from "../../../daemon/evaluate/rule-state.ts";
import { HttpDoor } from "../../../daemon/http/http-door.ts";
import type { MetricsSource } from "../../../daemon/metrics/metrics-source.ts";
import type { PageSource, PageSubject } from "../../../daemon/page/page-source.ts";
import { StatusPage } from "../../../daemon/page/status-page.ts";
import { sampleAt, stateOf } from "../../daemon/evaluate/rule-for-tests.ts";
import { openPage, startBrowser } from "../support/browser.ts";

const [RULES, KEYS, START] = [200, 50, 1_700_000_000_000];

/** Counts of one tick for each key; the last one is `last`. */
function tick(state: RuleState, second: number, last: number): void {
  const rows = Array.from({ length: KEYS }, (_, key) => {
    return { labels: { comm: `program-${key}` }, values: [[key === KEYS - 1 ? last : key]] };
  });
  evaluateRule(state, sampleAt(second, rows), { unixMs: START + 1000 * second, tickMs: 1000 });
}

function subject(number: number): PageSubject {
  const state = stateOf({ aggregates: { value: "count" }, threshold: "value > 1000", by: ["comm"], window: 1 });
  tick(state, 1, 100);
  const confidence = { lostEvents: 0, keysOverLimit: 0, faultedReads: 0, orphanedSpans: 0, skippedRuns: 0 };
  const status = {
    ...{ rule: state.plan.rule, threshold: {}, tracepoints: [], probes: ["p"], notFollowed: [], durations: [] },
    ...{ measures: {}, cost: { kernelBytes: 4096 }, confidence: { ...confidence, lateTicks: 0, windowFilled: 1 } },
  };
  return { name: `rule-${String(number).padStart(3, "0")}`, state, status: status as unknown as RuleStatus };
}

function sourceOf(rules: readonly PageSubject[], now: () => number): PageSource {
  const empty = { problems: [], receivers: [], silences: [], notices: [] };
  return {
    ...{ rules: () => rules, nowMs: now, nowUnixMs: () => START + now(), problems: () => [], decisions: () => [] },
    standing: () => ({ version: "1", pid: 1, folder: "/", startedAt: new Date(START).toISOString(), ...empty }),
    firing: () => ({ alerts: [], count: 0 }),
    ...{ actionsOf: () => [], labels: () => ({}), history: () => Promise.resolve(`{"alerts":[]}`) },
    onFault: (error) => assert.fail(String(error)),
  };
}

/** Notes the rows that change, and the longest time that a message keeps the page busy. */
const WATCH = `
  globalThis.busyMs = [];
  new PerformanceObserver((list) => busyMs.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
  globalThis.touched = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const row = (target.nodeType === 3 ? target.parentElement : target)?.closest("#rules tbody tr");
      if (row) touched.add(row.querySelector("a").textContent);
    }
  }).observe(document.querySelector("#rules tbody"), { subtree: true, childList: true, characterData: true, attributes: true });`;

test("200 rules with 10,000 keys: only the rows that change are touched", async (context) => {
  let nowMs = 0;
  const rules = Array.from({ length: RULES }, (_, number) => subject(number));
  const page = new StatusPage(sourceOf(rules, () => nowMs));
  for (; nowMs < 360 * 10_000; nowMs += 10_000) page.step(true);
  const health = { tickLateMs: () => 0, notReady: () => undefined };
  const source = { control: {} as ControlApi, metrics: {} as MetricsSource, health, page };
  await using door = new HttpDoor({ source, logger: pino({ level: "silent" }) });
  await door.open({ address: { host: "127.0.0.1", port: 0 }, hosts: [] });
  await using browser = await startBrowser();
  await using open = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  await open.page.goto(`http://${door.report?.listen}/`);
  await open.page
    .locator("#rules tbody tr")
    .nth(RULES - 1)
    .waitFor();
  const paint = await open.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  await open.page.evaluate(WATCH);
  tick(rules[7]?.state ?? assert.fail(), 2, 999);
  await open.page.locator("#rules tr", { hasText: "rule-007" }).getByText("value 999").waitFor();
  assert.deepEqual(await open.page.evaluate("[...touched]"), ["rule-007"]);
  page.step(true);
  await open.page.locator("#rules tr", { hasText: "rule-199" }).getByText("last 59m50s").waitFor({ state: "attached" });
  const messages = page.events(null, AbortSignal.timeout(1000)).body as AsyncIterable<string>;
  let bytes = 0;
  for await (const piece of messages) {
    bytes += piece.length;
    if (piece.startsWith("data:")) break;
  }
  assert.ok(bytes < 1_000_000, `${bytes} bytes`);
  context.diagnostic(
    `first paint after ${String(paint)} ms; tasks over 50 ms: ${String(await open.page.evaluate("busyMs"))}`,
  );
  assert.deepEqual(open.faults, []);
});
