import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { countingRule, call, SETTINGS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { listeningPort } from "../support/listening-port.ts";
import { pollUntil } from "../support/poll-until.ts";
import { Prometheus } from "../support/prometheus.ts";

const FIRST = 1_910_000_000;
const VALUES = 2000;
/** The values that are passed to a system call: quantiles of them differ. */
const VALUE_OF = (index: number): number => 1 + Math.round((index / VALUES) ** 3 * 90_000);
/** One bucket of eight in a power of two: where in it a value lies is unknown. */
const ERROR = 1 / 8;

const RULES = `rule: calls
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${FIRST} and args.who < ${FIRST + 100_000}
aggregate: {calls: count(), passed: sum(args.who), sizes: histogram(args.who - ${FIRST})}
window: 1s
`;

kernelTest("Prometheus has each event once, also if it restarts and the daemon reloads", async () => {
  await using daemon = await DaemonProcess.start({
    rules: { "calls.yaml": RULES },
    settings: `${SETTINGS}http: {listen: "127.0.0.1:0"}\n`,
  });
  await using prometheus = await Prometheus.start(await listeningPort(daemon));
  const values = Array.from({ length: VALUES }, (_, index) => VALUE_OF(index));
  const callAll = async (): Promise<void> => {
    for (const [index, value] of values.entries()) {
      call(FIRST + value);
      if (index % 200 === 0) await sleep(50);
    }
  };
  await callAll();
  await pollUntil("the first half", async () => (await prometheus.value("bpfwarden_calls_calls_total")) === VALUES);
  await prometheus.restart();
  daemon.writeRule("other.yaml", countingRule("other", FIRST - 1, 1));
  await pollUntil("the reload", async () => (await prometheus.value("bpfwarden_other_total")) === 0);
  await callAll();
  await pollUntil("all events", async () => (await prometheus.value("bpfwarden_calls_calls_total")) === 2 * VALUES);
  assert.equal(await prometheus.fault(), "");
  const sum = 2 * values.reduce((all, value) => all + FIRST + value, 0);
  assert.equal(await prometheus.value("bpfwarden_calls_passed_total"), sum);
  assert.equal(await prometheus.value("bpfwarden_calls_sizes_count"), 2 * VALUES);
  assert.equal(await prometheus.value("resets(bpfwarden_calls_calls_total[10m])"), 0);
  assert.equal(await prometheus.value("bpfwarden_rule_matched_events_total{rule='calls'}"), 2 * VALUES);
  for (const part of [0.01, 0.25, 0.5, 0.9, 0.99, 1]) {
    const exact = values[Math.ceil(part * VALUES) - 1] ?? NaN;
    const found = (await prometheus.value(`histogram_quantile(${part}, bpfwarden_calls_sizes_bucket)`)) ?? NaN;
    assert.ok(Math.abs(found - exact) <= Math.max(1, ERROR * exact), `${part}: expected ${exact}, found ${found}`);
  }
});
