import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after } from "node:test";
import { createMap, loadProgram, onlineCpus } from "libbpf-ts";
import { findTracefs } from "../../../bpf/kernel/tracefs.ts";
import { linkPerfEvent } from "../../../bpf/libbpf-ts/src/link.ts";
import {
  enableEvent,
  openPerfEvent,
  PERF_TYPE_TRACEPOINT,
  setProgram,
  type PerfEventAttributes,
} from "../../../bpf/libbpf-ts/src/perf-event.ts";
import { probePmu } from "../../../bpf/libbpf-ts/src/probe-pmu.ts";
import { callGetppid, kernel } from "../compile/host.ts";
import { countInto, onlyThisProcess, program, sumOverCpus, u32 } from "../libbpf-ts/assembler.ts";
import { kernelTestNeeding } from "../needs.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";

const switchOf = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/online`;
const switchCpu = (cpu: number, on: boolean): void => writeFileSync(switchOf(cpu), on ? "1" : "0");

/** The CPUs that the rule has counted on since it was last asked, once there are as many. */
async function sampledCpus(rule: LoadedRule, count: number): Promise<readonly number[]> {
  const cpus = new Set<number>();
  const stop = performance.now() + 60_000;
  while (cpus.size < count && performance.now() < stop) {
    const { rows } = await rule.sample();
    for (const { labels, values } of rows) if ((values[0]?.[0] ?? 0) > 0) cpus.add(Number(labels["cpu"]));
  }
  return [...cpus].toSorted((a, b) => a - b);
}

kernelTestNeeding("own_machine", "processors that go off line and come back", async (t) => {
  after(() => switchCpu(1, true));

  await t.test("a profile releases a processor and takes it again", async () => {
    await using rule = new LoadedRule("rule: profile\nprobe: profile:10ms\nby: [cpu]\naggregate: count()\n");
    const all = onlineCpus();
    assert.deepEqual(await sampledCpus(rule, all.length), all);
    assert.deepEqual(await rule.follow(), { changes: [], gaps: [] });
    switchCpu(1, false);
    assert.deepEqual(await rule.follow(), {
      changes: ["profile:10ms: ended with CPU 1, which went offline"],
      gaps: [],
    });
    await rule.sample();
    assert.deepEqual(
      await sampledCpus(rule, all.length - 1),
      all.filter((cpu) => cpu !== 1),
    );
    switchCpu(1, true);
    assert.deepEqual((await rule.follow()).changes, ["profile:10ms: attached on CPU 1"]);
    assert.deepEqual(await sampledCpus(rule, all.length), all);
  });

  await t.test("a processor that came back before the next look is noticed too", async () => {
    await using rule = new LoadedRule("rule: profile\nprobe: profile:10ms\nby: [cpu]\naggregate: count()\n");
    await rule.follow();
    switchCpu(1, false);
    switchCpu(1, true);
    const early = await rule.follow();
    const late = await rule.follow();
    assert.deepEqual(
      [...early.changes, ...late.changes],
      ["profile:10ms: ended with CPU 1, which went offline", "profile:10ms: attached on CPU 1"],
    );
    await rule.sample();
    assert.deepEqual(await sampledCpus(rule, onlineCpus().length), onlineCpus());
  });

  await t.test("an interval moves to another processor if its own goes offline", async () => {
    if (!existsSync(switchOf(0))) return;
    await using rule = new LoadedRule("rule: interval\nprobe: interval:10ms\nby: [cpu]\naggregate: count()\n");
    assert.deepEqual(await sampledCpus(rule, 1), [0]);
    try {
      switchCpu(0, false);
    } catch {
      return; // x86-64 refuses since 6.5
    }
    try {
      assert.equal((await rule.follow()).changes.at(-1), "interval:10ms: attached on CPU 1");
      await rule.sample();
      assert.deepEqual(await sampledCpus(rule, 1), [1]);
    } finally {
      switchCpu(0, true);
    }
  });

  const libc = kernel.elf("libc.so.6");
  assert.ok(typeof libc !== "string");
  const { fileOffset = 0 } = libc.symbol("getppid") ?? {};
  const id = readFileSync(`${findTracefs()}/events/syscalls/sys_enter_getppid/id`, "utf8");
  const events: readonly (readonly ["tracepoint" | "kprobe", PerfEventAttributes])[] = [
    ["tracepoint", { type: PERF_TYPE_TRACEPOINT, config: BigInt(id.trim()) }],
    ["kprobe", { type: probePmu("uprobe").type, config: 0n, path: libc.path, config2: BigInt(fileOffset) }],
  ];
  for (const [type, attributes] of events) {
    await t.test(
      `a ${type === "kprobe" ? "uprobe" : type} continues to count, though the processor of its event goes offline`,
      async () => {
        using counter = createMap({ name: "n", type: "percpu_array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
        const instructions = program(onlyThisProcess(), countInto(counter.fd));
        using counting = loadProgram({ type, name: "counting", license: "GPL", instructions });
        using event = openPerfEvent({ ...attributes, cpu: 1 }, "event on CPU 1");
        using link = linkPerfEvent(counting, event, 0n);
        if (link === undefined) setProgram(event, counting.fd);
        enableEvent(event);
        const total = (): bigint => sumOverCpus(counter.lookup(u32(0)) ?? new Uint8Array());
        callGetppid(100);
        assert.equal(total(), 100n);
        switchCpu(1, false);
        callGetppid(100);
        assert.equal(total(), 200n);
        switchCpu(1, true);
        await waitUntil("CPU 1", () => onlineCpus().includes(1));
        callGetppid(100);
        assert.equal(total(), 300n);
      },
    );
  }
});
