import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { release } from "node:os";
import { kernelTestNeeding } from "../needs.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram, Dialogue } from "../support/c-program.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import type { Sample } from "../../../daemon/sample/sample.ts";

type Health = Sample["health"];

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

/** Calls itself to a depth of 100, and answers with how many of its calls have returned. */
const RECURSIVE = String.raw`
  #include <stdio.h>
  #include <unistd.h>
  static int returned;
  __attribute__((noinline)) int deep(int n) {
    int deeper = n > 1 ? deep(n - 1) : 0;
    returned++;
    return deeper + 1;
  }
  int main(void) {
    char line[64];
    setbuf(stdout, NULL);
    while (fgets(line, sizeof line, stdin)) { getppid(); deep(100); printf("%d\n", returned); }
    return 0;
  }
`;

kernelTest("returns deeper than the kernel probes are counted as missed", async (t) => {
  using compiled = new CProgram(RECURSIVE, ["-O1", "-fno-optimize-sibling-calls"]);
  const at = (kind: string): string => `${kind}:${compiled.path}:deep`;
  const counted = async (probe: object | string, filter = "true"): Promise<readonly [Health, number]> => {
    await using program = new Dialogue(compiled.path);
    await using other = new Dialogue(compiled.path);
    const own = { filter: `pid == ${program.pid} and ${filter}`, aggregate: "count()" };
    await using rule = new LoadedRule(JSON.stringify({ rule: "deep", signals: { value: { probe, ...own } } }));
    await other.ask();
    await program.ask();
    const returned = Number(await program.ask());
    return [(await rule.sample()).health, returned];
  };

  await t.test("of the filter's own process, at one function", async () => {
    const [{ matched, missed_returns }, returned] = await counted(at("uretprobe"));
    assert.equal(returned, 200);
    assert.equal(matched + missed_returns, returned);
    assert.ok(matched > 0 && missed_returns > 0, `${matched} and ${missed_returns}`);
  });

  await t.test("at two functions, which share the depth", async () => {
    const [{ matched, missed_returns }, returned] = await counted({ any: [at("uretprobe"), "uretprobe:libc:getppid"] });
    // and two of getppid, which has returned before the program answers
    assert.equal(matched + missed_returns, returned + 2);
  });

  await t.test("of a pattern", async () => {
    const [{ matched, missed_returns }, returned] = await counted(`uretprobe:${compiled.path}:dee*`);
    assert.equal(matched + missed_returns, returned);
  });

  await t.test("whose results are unknown", async () => {
    const [{ matched, missed_returns }] = await counted(at("uretprobe"), "retval == 100");
    assert.deepEqual([matched, missed_returns > 0], [2, true]);
  });

  await t.test("at the end of a span", async () => {
    const [{ missed_returns }, returned] = await counted({ from: at("uprobe"), to: at("uretprobe") });
    const [plain] = await counted(at("uretprobe"));
    assert.equal(missed_returns, returned - plain.matched);
  });

  await t.test("once where a span ends and the next one starts there", async () => {
    const [{ missed_returns }, returned] = await counted({ from: at("uretprobe"), to: at("uretprobe") });
    const [plain] = await counted(at("uretprobe"));
    assert.equal(missed_returns, returned - plain.matched);
  });

  await t.test("entries are all counted", async () => {
    const [{ matched, missed_returns }, returned] = await counted(at("uprobe"));
    assert.deepEqual([matched, missed_returns], [returned, 0]);
  });
});
