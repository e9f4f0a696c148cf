import { ALL_RULES, ALL_RULES_APART, BCC, BPFTRACE, NOTHING, THREE_RULES, type Side } from "./bill/sides.ts";
import { OrdinaryWork, works } from "./bill/work.ts";

/** The cost of ordinary work beside each side: nanoseconds by the name of the work. */
export type Bill = ReadonlyMap<Side, ReadonlyMap<string, number>>;

const SIDES: readonly Side[] = [NOTHING, THREE_RULES, ALL_RULES, ALL_RULES_APART, BPFTRACE, BCC];

/**
 * Measures ordinary work with the shipped rules, with the whole library, and with other programs
 * for the purposes of the shipped rules. Sides take turns. The least of all rounds counts, because
 * other programs on the host can only add to it.
 *
 * @param names of kinds of work
 */
export async function measureBill(
  rounds: number,
  sides: readonly Side[] = SIDES,
  names: readonly string[] = works.map(({ name }) => name),
): Promise<Bill> {
  await using work = new OrdinaryWork();
  const bill = new Map<Side, Map<string, number>>();
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      await using observer = await side.start();
      if (observer === undefined) continue;
      const least = bill.get(side) ?? new Map<string, number>();
      for (const [name, ns] of await work.once(names)) least.set(name, Math.min(ns, least.get(name) ?? Infinity));
      bill.set(side, least);
    }
  }
  return bill;
}

/** Returns the lines of a table: the time without anything, and each side as a multiple of it. */
export function billTable(bill: Bill): readonly string[] {
  const alone = bill.get(NOTHING);
  const sides = [...bill].filter(([side]) => side !== NOTHING);
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const measured = works.filter(({ name }) => alone?.has(name));
  return [
    row(["work", "nothing", ...sides.map(([{ name }]) => name)]),
    row(["---", ...[...bill].map(() => "---")]),
    ...measured.map(({ name, title }) => {
      const ns = alone?.get(name) ?? NaN;
      return row([title, spelled(ns), ...sides.map(([, times]) => ((times.get(name) ?? NaN) / ns).toFixed(2))]);
    }),
  ];
}

function spelled(ns: number): string {
  if (ns < 10_000) return `${ns.toFixed(0)} ns`;
  return ns < 10_000_000 ? `${(ns / 1000).toFixed(0)} µs` : `${(ns / 1_000_000).toFixed(0)} ms`;
}

/** `node packaging/setup/run.mjs test/bench/bill.ts ROUNDS WORK...` */
if (import.meta.main) {
  const [rounds = "5", ...names] = process.argv.slice(2);
  const bill = await measureBill(Number(rounds), SIDES, names.length > 0 ? names : undefined);
  for (const side of SIDES.filter((each) => !bill.has(each))) console.log(`${side.name} does not run on this host`);
  for (const line of billTable(bill)) console.log(line);
}
