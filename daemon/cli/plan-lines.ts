import type { PlannedRule } from "../run/plan/plan-rule.ts";
import { bytesText, numberText, percentText } from "../text/number-text.ts";
import { type TableColumn, tableLines } from "../try/table.ts";

/** Formats `bpfwarden plan PATH` in so many columns. */
export function planLines(planned: PlannedRule, columns: number): readonly string[] {
  const { rule, bytes, maps, programs } = planned;
  const instructions = programs.reduce((sum, each) => sum + each.instructions, 0);
  return [
    `${rule}: ${counted(maps.length, "map")} of ${bytesText(bytes)}, ${counted(programs.length, "program")} of ${numberText(instructions)} instructions, ${cpuText(planned)}`,
    "",
    ...tableLines(mapColumns(planned), columns),
    "",
    ...tableLines(programColumns(planned), columns),
  ];
}

function mapColumns({ maps }: PlannedRule): readonly TableColumn[] {
  return [
    { title: "MAP", align: "left", cells: maps.map(({ name }) => name) },
    { title: "TYPE", align: "left", cells: maps.map(({ type }) => type) },
    { title: "ENTRIES", align: "right", cells: maps.map(({ entries }) => numberText(entries)) },
    { title: "MEMORY", align: "right", cells: maps.map(({ bytes }) => bytesText(bytes)) },
  ];
}

function programColumns({ programs }: PlannedRule): readonly TableColumn[] {
  const hits = programs.map(({ hitsPerSecond }) =>
    hitsPerSecond === undefined ? "?" : numberText(round(hitsPerSecond)),
  );
  return [
    { title: "PROGRAM", align: "left", cells: programs.map(({ name }) => name) },
    { title: "INSTRUCTIONS", align: "right", cells: programs.map(({ instructions }) => numberText(instructions)) },
    { title: "HITS/S", align: "right", cells: hits },
    { title: "PROBES", align: "left", least: 20, cells: programs.map(({ probes }) => probes.join(", ")) },
  ];
}

function cpuText({ cpu, untried }: PlannedRule): string {
  if (cpu !== undefined) return `${percentText(cpu)} of a CPU`;
  return untried === undefined ? "CPU time unknown" : `CPU time not measured: ${untried}`;
}

/** Rounds small rates to a tenth. */
const round = (rate: number): number => (rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate));

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
