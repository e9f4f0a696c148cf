import { readFileSync } from "node:fs";

/**
 * A part of the resident memory, in MiB: all of it, and this process' share of it if others use it
 * too.
 */
export interface ResidentPart {
  residentMiB: number;
  shareMiB: number;
}

/**
 * Returns the resident memory of a process by file or kind of mapping, the largest first, from
 * /proc/PID/smaps.
 */
export function residentParts(pid: number): Readonly<Record<string, ResidentPart>> {
  const parts = new Map<string, ResidentPart>();
  let part: ResidentPart = { residentMiB: 0, shareMiB: 0 };
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (mapping) part = partOf(parts, `${mapping[2] || "anonymous"} ${mapping[1]}`);
    const [, field, kibibytes] = /^(Rss|Pss):\s+(\d+) kB$/.exec(line) ?? [];
    if (field === "Rss") part.residentMiB += Number(kibibytes) / 1024;
    if (field === "Pss") part.shareMiB += Number(kibibytes) / 1024;
  }
  const largest = [...parts]
    .filter(([, { residentMiB }]) => residentMiB >= 0.5)
    .toSorted(([, a], [, b]) => b.residentMiB - a.residentMiB);
  return Object.fromEntries(largest);
}

function partOf(parts: Map<string, ResidentPart>, name: string): ResidentPart {
  const known = parts.get(name);
  if (known !== undefined) return known;
  const part = { residentMiB: 0, shareMiB: 0 };
  parts.set(name, part);
  return part;
}
