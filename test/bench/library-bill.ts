import { enableRunStatistics } from "libbpf-ts";
import { libraryRules, type LibraryRule } from "../kernel/support/library-rules.ts";
import { LoadedRule } from "../kernel/support/loaded-rule.ts";
import { OrdinaryWork, works } from "./bill/work.ts";

/** The cost of a rule of the library. */
interface RuleBill {
  readonly rule: string;
  /** mean time of a run of its programs, by the kernel's statistics; undefined if none ran */
  readonly runNs: number | undefined;
  /** the time of each kind of work as a multiple of its time without the rule */
  readonly multiples: ReadonlyMap<string, number>;
}

/** A multiple above this is named. */
const NAMED_ABOVE = 1.02;

const NAMES = works.map(({ name }) => name).filter((name) => name !== "build");

/**
 * Measures each rule of the library that this host can run: by ordinary work with and without it,
 * in turn. The least of all rounds counts.
 */
export async function* libraryBill(rounds: number, rules = libraryRules): AsyncGenerator<RuleBill, void> {
  await using work = new OrdinaryWork();
  for (const rule of rules) {
    const bill = await measure(rule, work, rounds);
    if (bill !== undefined) yield bill;
  }
}

async function measure({ name, text }: LibraryRule, work: OrdinaryWork, rounds: number): Promise<RuleBill | undefined> {
  const [without, beside] = [new Map<string, number>(), new Map<string, number>()];
  const keepLeast = async (least: Map<string, number>): Promise<void> => {
    for (const [kind, ns] of await work.once(NAMES)) least.set(kind, Math.min(ns, least.get(kind) ?? Infinity));
  };
  let runNs: number | undefined;
  for (let round = 0; round < rounds; round++) {
    await keepLeast(without);
    await using loaded = load(text);
    if (loaded === undefined) return undefined;
    await keepLeast(beside);
    runNs ??= await meanRun(loaded, work);
  }
  const multiples = new Map(NAMES.map((kind) => [kind, (beside.get(kind) ?? NaN) / (without.get(kind) ?? NaN)]));
  return { rule: name, runNs, multiples };
}

/** Returns undefined for a rule that this host cannot run. */
function load(text: string): LoadedRule | undefined {
  try {
    return new LoadedRule(text);
  } catch {
    return undefined;
  }
}

/** Returns the mean time of a run. The statistics slow each run, so they are on only for this. */
async function meanRun({ object }: LoadedRule, work: OrdinaryWork): Promise<number | undefined> {
  using _ = enableRunStatistics();
  const before = object.totals();
  await work.once(NAMES);
  const after = object.totals();
  const runs = Number(after.runCount - before.runCount);
  return runs === 0 ? undefined : Number(after.runTimeNs - before.runTimeNs) / runs;
}

export function ruleBillRow({ rule, runNs, multiples }: RuleBill): string {
  const slowed = [...multiples].filter(([, multiple]) => multiple > NAMED_ABOVE);
  const named = slowed.map(([kind, multiple]) => `${kind} ${multiple.toFixed(2)}`).join(", ");
  return `| ${rule} | ${runNs === undefined ? "–" : `${runNs.toFixed(0)} ns`} | ${named || "–"} |`;
}

/** `node packaging/setup/run.mjs test/bench/library-bill.ts ROUNDS RULE...` */
if (import.meta.main) {
  const [rounds = "5", ...names] = process.argv.slice(2);
  const rules = libraryRules.filter(({ name }) => names.length === 0 || names.includes(name));
  console.log("| rule | a run of a program | slower work (times without the rule) |\n| --- | --- | --- |");
  for await (const bill of libraryBill(Number(rounds), rules)) console.log(ruleBillRow(bill));
}
