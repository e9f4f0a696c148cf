import { daemonFigures } from "./daemon-figures.ts";
import { nanosecondsPerEvent } from "./nanoseconds-per-event.ts";

/** Prints the figures of the README. `npm run bench -- ROUNDS` */
const rounds = Number(process.argv[2] ?? 20);

console.log(`nanoseconds an event (median of ${rounds} interleaved runs, statistics' clock included)\n`);
console.log("| rule | bpfwarden | bpftrace | clang -O2 | of bpftrace | of clang |\n|---|---|---|---|---|---|");
for (const { name, nanoseconds } of await nanosecondsPerEvent(rounds)) {
  const [ours, bpftrace, clang] = ["bpfwarden", "bpftrace", "clang -O2"].map((who) => nanoseconds.get(who));
  const times = [ours, bpftrace, clang].map((time) => time?.toFixed(0) ?? "–");
  const cells = [...times, ratio(ours, bpftrace), ratio(ours, clang)];
  console.log(`| ${[name, ...cells].join(" | ")} |`);
}

const { attachedMs, residentMiB, anonymousMiB } = await daemonFigures(rounds);
console.log(
  `\nfrom a changed rule file to attached, in the running daemon: ${attachedMs.toFixed(1)} ms (median of ${rounds})`,
);
console.log(
  `resident with the three shipped rules: ${residentMiB.toFixed(0)} MiB, of which ${anonymousMiB.toFixed(0)} MiB anonymous`,
);

function ratio(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || theirs === undefined ? "–" : (ours / theirs).toFixed(2);
}
