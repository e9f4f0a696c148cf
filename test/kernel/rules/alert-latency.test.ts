import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { suite, test } from "node:test";
import koffi from "koffi";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

/**
 * Each run has a key of its own, so that no run has to wait until the alert of the one before is
 * resolved.
 */
const RULE = `
rule: latency
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who >= 1_000_000_000
by: {run: args.who}
aggregate: count()
threshold: value > 0
`;
const RUNS = 20;

const getpriority = koffi.load("libc.so.6").func("int getpriority(int which, uint32_t who)");

suite("alert latency", { skip: skipWithoutBpf }, () => {
  test(`from the event to the webhook's arrival, ${RUNS} runs with the default tick`, async (context) => {
    await using sink = await WebhookSink.start();
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\nnotify: {group_by: "..."}\n`;
    await using daemon = await DaemonProcess.start({ rules: { "latency.yaml": RULE }, settings });
    assert.ok(daemon.pid > 0);
    const latenciesMs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      // Not in step with the tick.
      await sleep((run * 137) % 1000);
      const key = String(1_000_000_000 + run);
      const startMs = performance.now();
      getpriority(0, Number(key));
      const arrivedAtMs = await waitUntil(`the webhook of run ${run}`, () => arrivalOf(sink, key));
      latenciesMs.push(arrivedAtMs - startMs);
    }
    const sorted = latenciesMs.toSorted((a, b) => a - b);
    context.diagnostic(
      `event to webhook, ${RUNS} runs: median ${sorted[RUNS / 2]?.toFixed(0)} ms, least ${sorted[0]?.toFixed(0)} ms, most ${sorted.at(-1)?.toFixed(0)} ms`,
    );
  });
});

function arrivalOf(sink: WebhookSink, run: string): number | undefined {
  return sink.received.find(({ body }) => body.alerts.some(({ labels }) => labels["run"] === run))?.arrivedAtMs;
}
