import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { onlyRecords } from "../../bpf/kernel-fixture.ts";
import { whileMapsAreRead } from "../loads/map-readers.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";

/*
 * The kernel leaves out programs of records and of samples while another program, or a map
 * operation of anybody, is under way on the CPU. The truth is what the kernel counts of its own:
 * softirqs in /proc/softirqs, time.
 */

/** Soft interrupts of timers. The kernel serves some others without the tracepoint. */
const SOFTIRQS =
  "rule: softirqs\nprobe: tracepoint:irq:softirq_entry\nfilter: args.vec == 1\naggregate: {value: count()}\n";

const softirqs = (): number => sumOf(/TIMER:.*/.exec(readFileSync("/proc/softirqs", "utf8"))?.[0] ?? "");

/** Soft interrupts of all kinds. A program that is left out does not learn which one it was. */
const softirqsOfAllKinds = (): number => sumOf(readFileSync("/proc/softirqs", "utf8").replace(/.*/, ""));

function sumOf(text: string): number {
  return [...text.matchAll(/\b\d+\b/g)].reduce((sum, [number]) => sum + Number(number), 0);
}

interface Counted {
  readonly counted: number;
  readonly skipped: bigint | undefined;
  /** how many there were at least and at most */
  readonly truth: readonly [number, number];
  /** how many there were of all kinds at most */
  readonly ofAllKinds: number;
}

async function countSoftirqs(kernel = hostKernel): Promise<Counted> {
  const before = softirqs();
  const allBefore = softirqsOfAllKinds();
  await using rule = new LoadedRule(SOFTIRQS, undefined, kernel);
  const attached = softirqs();
  await sleep(1500);
  const least = softirqs() - attached;
  await rule.object.detach();
  const most = softirqs() - before;
  const ofAllKinds = softirqsOfAllKinds() - allBefore;
  const counted = (await rule.totals())[0]?.["value"] ?? 0;
  return { counted, skipped: rule.object.totals().skipped, truth: [least, most], ofAllKinds };
}

test("a rule at the tracepoint misses no softirq", { skip: skipWithoutBpf }, async () => {
  await whileMapsAreRead(async () => {
    const { counted, truth } = await countSoftirqs();
    // The kernel counts a softirq just before its tracepoint (handle_softirqs): each CPU may be
    // there.
    assert.ok(
      counted >= truth[0] - availableParallelism() && counted <= truth[1],
      `${counted} counted of ${truth.join(" to ")}`,
    );
  });
});

test(
  "events that a rule with records misses are reported, or reported as unknown",
  { skip: skipWithoutBpf },
  async () => {
    await whileMapsAreRead(async () => {
      const { counted, skipped, truth, ofAllKinds } = await countSoftirqs(onlyRecords(hostKernel));
      if (skipped === undefined) return;
      assert.ok(skipped > 0n, `${counted} counted of ${truth.join(" to ")}`);
      const due = counted + Number(skipped);
      assert.ok(
        due >= 0.99 * truth[0] && counted <= 1.01 * truth[1] && due <= 1.01 * ofAllKinds,
        `${counted} counted, ${skipped} left out of ${truth.join(" to ")}; ${ofAllKinds} of all kinds`,
      );
    });
  },
);

test("missing samples are reported", { skip: skipWithoutBpf }, async () => {
  await whileMapsAreRead(async () => {
    const beginMs = performance.now();
    await using rule = new LoadedRule("rule: samples\nprobe: profile:997hz\naggregate: count()\n");
    const attachedMs = performance.now();
    let [counted, ran] = [0, 0];
    for (let tick = 0; tick < 8; tick++) {
      await sleep(250);
      const { health, rows } = await rule.sample();
      counted += rows[0]?.values[0]?.[0] ?? 0;
      ran += health.runs;
    }
    const dueSince = (ms: number): number => (performance.now() - ms) * 0.997 * availableParallelism();
    const [least, most] = [dueSince(attachedMs), dueSince(beginMs)];
    const lost = Number(rule.object.totals().lost ?? 0n);
    assert.equal(ran, counted);
    assert.ok(lost > 0.01 * least, `${lost} lost of ${least}`);
    const due = counted + lost;
    assert.ok(due > 0.9 * least && due < 1.02 * most, `${counted} came and ${lost} did not, of ${least} to ${most}`);
  });
});
