import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { estimateDistinct } from "../../../bpf/compile/registers.ts";
import type { Sample } from "../../../daemon/sample/sample.ts";
import { kernelTest } from "../privilege.ts";
import { CProgram } from "../support/c-program.ts";
import { COLD_END, COLD_FILE } from "../support/cold-pages.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

const PROBE = "uprobe:PATH:target";
const TEXT = "str(arg2)";
const NUMBER = 'uptr(cast(arg1, "u32 *"))[0]';

/** Returns the counts of a rule for the program's calls. */
async function sampleOf(program: CProgram, rule: object): Promise<Sample> {
  const text = JSON.stringify({ rule: "unreadable", probe: PROBE, ...rule }).replaceAll("PATH", program.path);
  await using loaded = new LoadedRule(text);
  execFileSync(program.path, [`${program.folder}/mapped`]);
  return await loaded.sample();
}

const LONG_KEY = { who: "pid", name: "str(task.comm, 200)" };

kernelTest("aggregates leave out events with unreadable values, for any number of aggregates", async () => {
  using program = new CProgram(COLD_FILE);
  const known = 'cast(arg0, "s32")';
  const values = {
    least: `min(${NUMBER})`,
    mean: `avg(${NUMBER})`,
    n: "sum(1)",
    most: `max(${NUMBER})`,
    last: `last(${NUMBER})`,
  };
  const weighted = {
    a: `avg(${known}, cast(${NUMBER}, "u32"))`,
    b: `min(${known})`,
    c: "sum(2)",
    d: "sum(3)",
    e: "sum(4)",
  };
  const texts = { a: `distinct(${TEXT})`, b: `min(${known})`, c: "sum(2)", d: "sum(3)", e: "sum(4)" };
  const many = Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [`x${String(index)}`, `min(${NUMBER} + ${String(index)})`]),
  );
  const comm = { comm: "comm" };
  const cases = [
    [values, undefined, [7, 7, 1, 7, 7]],
    [values, LONG_KEY, [7, 7, 1, 7, 7]],
    [weighted, comm, [2, 2, 2, 3, 4]],
    [texts, undefined, [1, 2, 2, 3, 4]],
    [texts, LONG_KEY, [1, 2, 2, 3, 4]],
    [many, comm, Object.keys(many).map((_, index) => 7 + index)],
  ] as const;
  for (const [aggregate, by, expected] of cases) {
    const { health, rows } = await sampleOf(program, { filter: `${known} < 3`, aggregate, ...(by && { by }) });
    const found = Object.values<string>(aggregate).map((formula, index) => {
      const slots = rows[0]?.values[index] ?? [];
      if (formula.startsWith("distinct")) return estimateDistinct(slots);
      return formula.startsWith("avg") ? (slots[0] ?? 0) / (slots[1] ?? 0) : slots[0];
    });
    assert.deepEqual(found, expected, JSON.stringify(aggregate));
    assert.deepEqual([rows.length, health.matched, health.unknown], [1, 1, 1]);
  }
});

kernelTest("distinct counts no text that could not be read", async () => {
  const countsTwo = async (source: string, texts: readonly string[], unknown: number): Promise<void> => {
    using program = new CProgram(source);
    for (const [index, text] of texts.entries()) {
      const by = index % 2 === 0 ? {} : { by: { comm: "comm" } };
      const { health, rows } = await sampleOf(program, { aggregate: { d: `distinct(${text})`, n: "count()" }, ...by });
      const [found = [], counted] = rows[0]?.values ?? [];
      assert.deepEqual([estimateDistinct(found), counted, health.unknown], [2, [2], unknown], text);
    }
  };
  await countsTwo(COLD_FILE, [TEXT, "str(arg2, 16)", "buf(arg2, 5)"], 1);
  await countsTwo(COLD_END, ["str(arg1)", "buf(arg1, 304, 250)"], 2);
});

kernelTest("an event is matched or unknown, for every aggregate", async () => {
  using program = new CProgram(COLD_FILE);
  const rules = [
    { aggregate: "count()" },
    { aggregate: `min(${NUMBER})` },
    { aggregate: `max(${NUMBER})`, by: { comm: "comm" } },
    { aggregate: `distinct(${TEXT})`, by: LONG_KEY },
  ];
  for (const rule of rules) {
    const { health } = await sampleOf(program, { filter: `${NUMBER} < 100`, ...rule });
    assert.deepEqual([health.matched, health.unknown], [2, 1], rule.aggregate);
  }
});
