import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { release } from "node:os";
import { kernelTestNeeding } from "../needs.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const SLEEPERS = 60;
/** Linux 6.7, which says how many a kretprobe missed */
const SAYS = [6, 7] as const;

function saysMissed(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > SAYS[0] || (major === SAYS[0] && minor >= SAYS[1]);
}

/** All asleep at the same time: a kretprobe remembers ten returns, or two for each processor. */
async function sleepTogether(): Promise<void> {
  const shell = spawn("bash", ["-c", `for n in {1..${SLEEPERS}}; do sleep 5 & done; wait`], { stdio: "inherit" });
  await once(shell, "exit");
}

kernelTestNeeding("kprobe", "returns that a kretprobe misses are counted, or said not to be", async () => {
  await using rule = new LoadedRule(
    'rule: naps\nprobe: kretprobe:do_nanosleep\nfilter: comm == "sleep"\naggregate: count()\n',
  );
  await sleepTogether();
  const counted = (await rule.totals())[0]?.["value"] ?? 0;
  const { skipped } = rule.object.totals();
  if (!saysMissed()) return assert.equal(skipped, undefined);
  assert.ok(counted > 0 && counted < SLEEPERS, `${counted} counted`);
  assert.ok(Number(skipped) >= SLEEPERS - counted, `${counted} counted and ${skipped} missed`);
});

kernelTestNeeding("kprobe_multi", "so are those of many functions by one link", async () => {
  await using rule = new LoadedRule(
    'rule: naps\nprobe: {probe: "kretprobe:do_nanosl*p"}\nfilter: comm == "sleep"\naggregate: count()\n',
  );
  assert.equal(typeof rule.object.totals().skipped, "bigint");
});
