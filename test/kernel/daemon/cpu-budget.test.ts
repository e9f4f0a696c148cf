import assert from "node:assert/strict";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CpuWatch } from "../../../daemon/run/budget/cpu-watch.ts";
import { hostClock } from "../../../daemon/service/clock.ts";
import { kernelTest } from "../privilege.ts";
import { call } from "./call-rules.ts";
import { runnerFixture, SILENT } from "./runner-fixture.ts";

const WHO = 1_900_000_778;
const RULE = `rule: costly
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who == ${WHO}
aggregate: count()
window: 10m
threshold: value > 100000
`;

/** Rules that share its program. */
const NEIGHBORS = ["first", "second"].map(
  (name) => `---
rule: ${name}
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == 1
aggregate: count()
`,
);

for (const neighbors of [[], NEIGHBORS]) {
  const beside = `beside ${neighbors.length} others at its tracepoint`;
  kernelTest(`a rule over its budget is detached for 1, 2, 4 minutes, and its alerts stay, ${beside}`, async () =>
    isDetached(neighbors.join("")),
  );
}

async function isDetached(neighbors: string): Promise<void> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "bpfwarden-"));
  let passedMs = 0;
  const host = hostClock();
  const clock = { ...host, bootMs: () => host.bootMs() + passedMs, unixMs: () => host.unixMs() + passedMs };
  let limit = 1;
  const watch = new CpuWatch({
    ...{ clock, logger: SILENT, rules: () => fixture.running.rules },
    limit: () => limit,
    measureParts: (isMeasured) => fixture.runner.measureParts(isMeasured),
  });
  await using fixture = await runnerFixture(`${RULE}${neighbors}`, {
    folder: folder.path,
    clock,
    isDue: (rule) => watch.isDue(rule),
  });
  using _ = watch;
  const rule = (): { readonly isPaused: boolean; readonly cpu: number | undefined } => {
    const found = fixture.running.get("costly");
    assert.ok(found);
    return found;
  };
  const load = (): void => {
    for (let each = 0; each < 200; each++) call(WHO);
  };
  /**
   * Measures until the rule is paused, up to so often that others at the tracepoint may be paused
   * first: on some processors they take as much.
   */
  const measure = async (): Promise<void> => {
    for (let each = 0; each < 15 && !rule().isPaused; each++) {
      passedMs += 30_000;
      await watch.step();
      load();
      passedMs += 1_000;
      await watch.step();
    }
  };
  const counted = (): unknown => fixture.running.get("costly")?.status.views()[0]?.values["value"];

  await fixture.swap();
  load();
  await fixture.tick();
  assert.equal(counted(), 200);

  await measure();
  const share = rule().cpu ?? 0;
  assert.ok(share > 0 && share < 0.1, String(share));
  assert.equal(rule().isPaused, false);

  // It is far below what it takes.
  limit = share / 100;
  await measure();
  assert.equal(rule().isPaused, true);
  await fixture.tick();
  const before = counted();
  load();
  await fixture.tick();
  assert.equal(counted(), before);
  assert.match(
    fixture.running.get("costly")?.status.degraded ?? "",
    /of a CPU, more than limits\.cpu of .* 1m, until /,
  );

  passedMs += 59_000;
  await fixture.swap();
  assert.equal(rule().isPaused, true);
  passedMs += 2_000;
  await fixture.swap();
  assert.equal(rule().isPaused, false);
  load();
  await fixture.tick();
  assert.equal(counted(), Number(before) + 200);
  assert.deepEqual(
    fixture.statuses().filter((status) => status === "resolved"),
    [],
  );

  await measure();
  await fixture.tick();
  assert.match(fixture.running.get("costly")?.status.degraded ?? "", / 2m, until /);

  await fixture.swap();
  assert.equal(rule().isPaused, true);
  limit = 1;
  await fixture.swap();
  assert.equal(rule().isPaused, false);
}
