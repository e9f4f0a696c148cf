import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const CPUS = "/sys/devices/system/cpu";

/** The node of a CPU as sysfs links it; 0 where the kernel knows no nodes. */
function nodeOf(cpu: number): number {
  const folder = `${CPUS}/cpu${cpu}`;
  const link = existsSync(folder) ? readdirSync(folder).find((name) => /^node\d+$/.test(name)) : undefined;
  return link === undefined ? 0 : Number(link.slice("node".length));
}

kernelTest("numa_node is the node that sysfs shows for the CPU", async () => {
  await using rule = new LoadedRule(
    "rule: nodes\nprobe: rawtracepoint:sys_enter\nby: {cpu: cpu, node: numa_node}\naggregate: count()\n",
  );
  await sleep(200);
  const { rows } = await rule.sample();
  assert.ok(rows.length > 0);
  for (const { labels } of rows) assert.equal(Number(labels["node"]), nodeOf(Number(labels["cpu"])));
});
