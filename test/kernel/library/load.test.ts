import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTestNeeding } from "../needs.ts";
import { countedRows, type Counts } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { NamedProgram } from "../support/named-program.ts";
import { spinning } from "../support/spinning.ts";
import { waitUntil } from "../support/wait-until.ts";

const CROWD = 8;

kernelTestNeeding("kernel_data", "load-average is what the kernel says, while the load rises", async () => {
  using shell = new NamedProgram("bw-load", "/bin/sh");
  await using rule = new LoadedRule(libraryRule("load-average"));
  const before = hundredthsOfHost();
  await spinning(shell, CROWD, async () => {
    // The kernel looks every five seconds, and one look is a twelfth of a minute.
    await waitUntil("the load to rise", () => hundredthsOfHost() > before + 20, 60_000);
    const { counts, from, to } = await lookBetween(rule);
    assert.equal(counts["cpus"], cpus().length);
    // /proc/loadavg rounds half a hundredth up (fs/proc/loadavg.c), the rule cuts.
    const { hundredths = 0 } = counts;
    assert.ok(
      hundredths >= Math.min(from, to) - 1 && hundredths <= Math.max(from, to),
      `${hundredths} in ${from}..${to}`,
    );
  });
});

function hundredthsOfHost(): number {
  return Math.round(100 * Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]));
}

/** Returns the counts of the rule, and the kernel's load before and after. */
async function lookBetween(rule: LoadedRule): Promise<{ counts: Counts; from: number; to: number }> {
  await rule.sample();
  const from = hundredthsOfHost();
  for (;;) {
    await sleep(200);
    const [row] = await countedRows(rule, {});
    if (row?.counts["hundredths"] !== undefined) return { counts: row.counts, from, to: hundredthsOfHost() };
  }
}
