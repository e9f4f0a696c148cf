import { billTable, measureBill } from "./bill.ts";
import { daemonFigures } from "./daemon-figures.ts";
import { evaluationFigures, evaluationLine } from "./evaluation.ts";
import { eventsToLog } from "./events-to-log.ts";
import { firingFigure, firingLine } from "./firing-keys.ts";
import { hundredRules } from "./hundred-rules.ts";
import { nanosecondsPerEvent } from "./nanoseconds-per-event.ts";
import { tenRules, tenRulesLines } from "./ten-rules.ts";

/** Prints the figures of docs/benchmarks.md. `npm run bench -- ROUNDS` */
const rounds = Number(process.argv[2] ?? 20);

console.log(`nanoseconds an event (median of ${rounds} interleaved runs, statistics' clock included)\n`);
console.log(
  "| rule | bpfwarden | bpftrace | clang -O2 | of bpftrace | aim | without the clock | of clang |\n|---|---|---|---|---|---|---|---|",
);
let clockNs: number | undefined;
for await (const { name, nanoseconds, aim, programs } of nanosecondsPerEvent(rounds)) {
  const [ours, bpftrace, clang] = ["bpfwarden", "bpftrace", "clang -O2"].map((who) => nanoseconds.get(who));
  // The first case is the empty program.
  clockNs ??= clang;
  const times = [ours, bpftrace, clang].map((time) => time?.toFixed(0) ?? "–");
  const withoutClock = [ours, bpftrace].map((time) => time && clockNs && time - programs * clockNs);
  const ratios = [ratio(ours, bpftrace), aim?.toFixed(1) ?? "–", ratio(...withoutClock), ratio(ours, clang)];
  const cells = [...times, ...ratios];
  console.log(`| ${[name, ...cells].join(" | ")} |`);
}

for (const line of tenRulesLines(await tenRules(rounds))) console.log(`\n${line}`);

console.log("\nordinary work with the shipped rules, with the library, and with other programs\n");
for (const line of billTable(await measureBill(Math.ceil(rounds / 4)))) console.log(line);
console.log("");

for (const rate of [100_000, 200_000, 400_000]) {
  const { made, logged, madeRate } = await eventsToLog(rate, 5);
  const lost = made === logged ? "none lost" : `${made - logged} of ${made} lost`;
  console.log(`events into the log, ${madeRate.toFixed(0)} a second for 5 s: ${lost}`);
}

console.log("");
for (const figure of evaluationFigures()) console.log(evaluationLine(figure));
for (const keys of [10_000, 100_000]) console.log(firingLine(await firingFigure(keys)));

const { attachedMs, residentMiB, anonymousMiB } = await daemonFigures(rounds);
console.log(
  `\nfrom a changed rule file to attached, in the running daemon: ${attachedMs.toFixed(1)} ms (median of ${rounds})`,
);
const hundred = await hundredRules(3);
console.log(
  `a folder of 100 rules takes the place of another: attached in ${hundred.wallMs.toFixed(0)} ms, ${hundred.cpuMs} ms of CPU in all (least of 3)`,
);
console.log(
  `resident with the three shipped rules: ${residentMiB.toFixed(0)} MiB, ${anonymousMiB.toFixed(0)} MiB of it anonymous`,
);

function ratio(ours?: number, theirs?: number): string {
  return ours === undefined || theirs === undefined ? "–" : (ours / theirs).toFixed(2);
}
