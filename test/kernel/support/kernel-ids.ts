import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linkIds, mapIds, programIds } from "libbpf-ts";

/** Ids of programs, maps and links, by what `/proc/PID/fdinfo` calls them. */
export type KernelIds = Readonly<Record<"prog_id" | "map_id" | "link_id", readonly number[]>>;

/**
 * Returns the objects that a process's descriptors hold, so that tests that run side by side do not
 * disturb each other.
 */
export function heldBy(pid: number): KernelIds {
  const folder = `/proc/${pid}/fdinfo`;
  const text = readdirSync(folder)
    .map((fd) => textOf(join(folder, fd)))
    .join("\n");
  const ids = (name: string): number[] =>
    [...text.matchAll(new RegExp(`^${name}:\\s*(\\d+)`, "gm"))].map(([, id]) => Number(id));
  return { prog_id: ids("prog_id"), map_id: ids("map_id"), link_id: ids("link_id") };
}

/**
 * Returns the objects that the kernel still has. It gives ids in order, so that none is reused
 * soon.
 */
export function remaining({ prog_id, map_id, link_id }: KernelIds): readonly number[] {
  const [programs, maps, links] = [new Set(programIds()), new Set(mapIds()), new Set(linkIds())];
  return [
    ...prog_id.filter((id) => programs.has(id)),
    ...map_id.filter((id) => maps.has(id)),
    ...link_id.filter((id) => links.has(id)),
  ];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // closed meanwhile
  }
}
