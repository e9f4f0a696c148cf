/**
 * Measures the cost of reading the kernel's types beside a bare start of Node: milliseconds and
 * resident memory, of fresh processes, median of several. Run: `node test/bench/btf.ts`.
 */
import { spawnSync } from "node:child_process";

const RUNS = 9;
const READER = new URL("../../bpf/kernel/btf/open-btf.ts", import.meta.url).href;

const STEPS: readonly (readonly [name: string, script: string])[] = [
  ["bare start", ""],
  ["module loaded", `await import(${JSON.stringify(READER)});`],
  ["blob read", openScript("")],
  ["opened", openScript("openBtf(blob)")],
  ["one struct found", openScript('const btf = openBtf(blob); btf.find("struct", "sk_buff")')],
  [
    "enumerator found too",
    openScript('const btf = openBtf(blob); btf.find("struct", "sk_buff"); btf.enumerator("TCP_LISTEN")'),
  ],
];

function openScript(rest: string): string {
  return `import { readFileSync } from "node:fs";
    const { openBtf } = await import(${JSON.stringify(READER)});
    const blob = readFileSync("/sys/kernel/btf/vmlinux");
    ${rest};`;
}

interface Cost {
  readonly ms: number;
  readonly residentMiB: number;
}

function measure(script: string): Cost {
  const report = "console.log(JSON.stringify([performance.now(), process.memoryUsage.rss()]))";
  const costs = Array.from({ length: RUNS }, (): Cost => {
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", `${script}\n${report}`], {
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const [ms, bytes] = JSON.parse(run.stdout) as [number, number];
    return { ms, residentMiB: bytes / 2 ** 20 };
  });
  return { ms: median(costs.map(({ ms }) => ms)), residentMiB: median(costs.map(({ residentMiB }) => residentMiB)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

for (const [name, script] of STEPS) {
  const { ms, residentMiB } = measure(script);
  console.log(`${name.padEnd(22)} ${ms.toFixed(1).padStart(7)} ms ${residentMiB.toFixed(1).padStart(7)} MiB`);
}
