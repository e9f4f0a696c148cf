import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";

interface LedAlert {
  readonly lead: string;
  readonly annotations: { readonly summary: string };
  readonly judged: { readonly name: string; readonly unit: string; readonly value: number; readonly limit: number };
  readonly topKeys: readonly { readonly value: number }[];
  readonly lastValues: readonly number[];
  readonly evidence: readonly { readonly fields: { readonly elapsed: number } }[];
}

const MS = 1_000_000;

kernelTest("an alert about a quantile shows it first, and the slowest call is evidence", async () => {
  await using sink = await WebhookSink.start();
  const rule = `rule: naps
probe: {from: tracepoint:syscalls:sys_enter_clock_nanosleep, to: tracepoint:syscalls:sys_exit_clock_nanosleep}
filter: comm == "sleep" and ppid == ${process.pid}
by: [comm]
aggregate: histogram(elapsed)
event: {comm: comm, elapsed: elapsed}
window: 10m
threshold: {warning: p99(value) > 200ms, when: count(value) >= 6}
evidence: 4
`;
  const settings = `actions: {hook: {webhook: {url: "${sink.url}"}}}\ndefaults: {action: hook}\ntick: 100ms\n`;
  await using _ = await DaemonProcess.start({ rules: { "naps.yaml": rule }, settings });
  for (const seconds of ["0.3", "0.01", "0.01", "0.01", "0.01", "0.01"]) spawnSync("sleep", [seconds]);
  const alert = (await waitUntil("the alert", () => sink.alerts("naps", "firing")[0])) as unknown as LedAlert;
  assert.match(alert.lead, /^naps: p99 [23]\d\dms > 200ms; warning \{comm="sleep"\} on .+ since \d{4}-\d\d-\d\dT/);
  assert.match(alert.annotations.summary, /\{comm="sleep"\}$/);
  assert.partialDeepStrictEqual(alert.judged, { name: "p99", unit: "nanoseconds", limit: 200 * MS });
  assert.equal(alert.lastValues.at(-1), alert.judged.value);
  assert.deepEqual(
    alert.topKeys.map(({ value }) => value),
    [alert.judged.value],
  );
  const [largest, ...others] = alert.evidence.map(({ fields }) => fields.elapsed);
  assert.ok(largest !== undefined && largest > 290 * MS);
  assert.equal(others.length, 3);
  for (const other of others) assert.ok(other < 290 * MS);
});
