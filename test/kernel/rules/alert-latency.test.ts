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
const rule = (name: string, first: number, threshold: string): string => `
rule: ${name}
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who in ${first}..${first + 99}
by: {run: args.who}
aggregate: count()
threshold: ${threshold}
`;
const RULES = {
  // how much of the window was seen is known at ticks only
  "at the tick": { first: 1_000_000_000, threshold: "value > 2 and filled >= 0" },
  "at once": { first: 1_000_000_100, threshold: "value > 2" },
} as const;
const RUNS = 24;

const getpriority = koffi.load("libc.so.6").func("int getpriority(int which, uint32_t who)");

suite("alert latency", { skip: skipWithoutBpf }, () => {
  test(`from the event to the webhook's arrival, ${RUNS} runs with the default tick`, async (context) => {
    await using sink = await WebhookSink.start();
    const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\nnotify: {group_by: "..."}\n`;
    const texts = Object.entries(RULES).map(([name, { first, threshold }]) =>
      rule(name.replaceAll(" ", "-"), first, threshold),
    );
    await using daemon = await DaemonProcess.start({ rules: { "latency.yaml": texts.join("---\n") }, settings });
    assert.ok(daemon.pid > 0);
    for (const [name, { first }] of Object.entries(RULES)) {
      const latenciesMs: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        // Not in step with the tick.
        await sleep((run * 137) % 1000);
        const key = first + run;
        const startMs = crossAt(key);
        const arrivedAtMs = await waitUntil(`the webhook of run ${run}`, () => arrivalOf(sink, String(key)));
        latenciesMs.push(arrivedAtMs - startMs);
      }
      context.diagnostic(`judged ${name}: ${spread(latenciesMs)}`);
    }
  });
});

/** Makes the events of a run. Returns when the last one, which crosses the threshold, began. */
function crossAt(key: number): number {
  getpriority(0, key);
  getpriority(0, key);
  const startMs = performance.now();
  getpriority(0, key);
  return startMs;
}

function spread(latenciesMs: readonly number[]): string {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `event to webhook, ${sorted.length} runs: median ${median?.toFixed(1)} ms, least ${sorted[0]?.toFixed(1)} ms, most ${most?.toFixed(1)} ms`;
}

function arrivalOf(sink: WebhookSink, run: string): number | undefined {
  return sink.received.find(({ body }) => body.alerts.some(({ labels }) => labels["run"] === run))?.arrivedAtMs;
}
