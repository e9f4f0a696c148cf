import assert from "node:assert/strict";
import { onlineCpus } from "libbpf-ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { waitUntil } from "../support/wait-until.ts";

const PAGES = 64;

/** Touches untouched pages on request, in a function whose address it prints. */
const TOUCHING = String.raw`
  #include <stdio.h>
  #include <sys/mman.h>
  __attribute__((noinline)) void touch(volatile char *memory, long pages) {
    for (long page = 0; page < pages; page++) memory[page * 4096] = 1;
  }
  int main(void) {
    char *memory = mmap(0, ${PAGES} * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, ${PAGES} * 4096, MADV_NOHUGEPAGE);
    printf("%lu %lu %lu\n", (unsigned long)memory, (unsigned long)touch, (unsigned long)main);
    fflush(stdout);
    if (getchar() == EOF) return 1;
    touch(memory, ${PAGES});
    puts("touched");
    fflush(stdout);
    return getchar() == EOF ? 0 : 0;
  }
`;

/** Computes for so many milliseconds of this thread's own time. */
function compute(milliseconds: number): void {
  const start = process.threadCpuUsage();
  for (;;) {
    const { system, user } = process.threadCpuUsage(start);
    if (user + system > milliseconds * 1000) return;
  }
}

kernelTest("timed probes", async (t) => {
  await t.test("a profile samples the computing process, on each CPU", async () => {
    const text = `
      rule: profile
      probe: profile:1ms
      signals:
        own: {probe: "profile:1ms", filter: pid == ${process.pid}, aggregate: count()}
        all: {probe: "profile:1ms", aggregate: count()}
      by: [cpu]
    `.replace("probe: profile:1ms\n      ", "");
    await using rule = new LoadedRule(text.replaceAll(/^ {6}/gm, ""));
    compute(400);
    const { rows } = await rule.sample();
    const own = rows.reduce((sum, { values }) => sum + (values[0]?.[0] ?? 0), 0);
    // A virtual CPU that is not given its time takes fewer samples, and other threads of this
    // process more.
    assert.ok(own > 40, `${own} samples`);
    const cpus = rows.filter(({ values }) => (values[1]?.[0] ?? 0) > 0).map(({ labels }) => Number(labels["cpu"]));
    assert.deepEqual(
      cpus.toSorted((a, b) => a - b),
      onlineCpus(),
    );
  });

  await t.test("an interval runs on one CPU, at most as often as it says", async () => {
    await using rule = new LoadedRule("rule: interval\nprobe: interval:10ms\nby: [cpu]\naggregate: count()\n");
    const startMs = performance.now();
    let total = 0;
    const cpus = new Set<string | undefined>();
    while (total < 10) {
      compute(20);
      const { rows } = await rule.sample();
      for (const { labels, values } of rows) {
        cpus.add(labels["cpu"]);
        total += values[0]?.[0] ?? 0;
      }
    }
    assert.equal(cpus.size, 1);
    assert.ok(total <= (performance.now() - startMs) / 10 + 1, `${total} in ${performance.now() - startMs} ms`);
  });

  await t.test("each page fault is seen, with its address", async () => {
    using program = new CProgram(TOUCHING, ["-O1"]);
    await using child = new Dialogue(program.path);
    const [memory = 0, touch = 0, main = 0] = (await child.hear()).split(" ").map(Number);
    const rule = `rule: faults
probe: perf:page-faults:1
filter: pid == ${child.pid}
event: {ip: args.ip, user: args.user, addr: args.addr, period: args.period}
`;
    await using loaded = new LoadedRule(rule);
    assert.equal(await child.ask("go"), "touched");
    const found: number[] = [];
    await waitUntil("the faults", () => {
      for (const { fields } of loaded.records()) {
        const page = (Number(fields["addr"]) - memory) / 4096;
        if (page < 0 || page >= PAGES) continue;
        found.push(page);
        const ip = Number(fields["ip"]);
        assert.ok(ip >= Math.min(touch, main) && ip - touch < 256, `ip ${ip.toString(16)}`);
        assert.deepEqual([fields["user"], fields["period"]], [true, 1]);
      }
      return found.length >= PAGES;
    });
    assert.deepEqual(
      found,
      Array.from({ length: PAGES }, (_, page) => page),
    );
  });

  await t.test("a hardware event is counted, or reported as missing", async () => {
    const text = "rule: cycles\nprobe: perf:cycles:1000000\naggregate: count()\n";
    if (!hostKernel.counts({ type: 0, config: 0n })) {
      assert.throws(() => new LoadedRule(text), /this machine does not count "cycles"/);
      return;
    }
    await using rule = new LoadedRule(text);
    compute(50);
    const [total] = await rule.totals();
    assert.ok((total?.["value"] ?? 0) > 0);
  });
});
