import { readdirSync, readFileSync } from "node:fs";
import { KernelFactsError } from "./kernel-facts-error.ts";
import type { TracepointFormat, TracepointName } from "./kernel.ts";
import type { FormatNames } from "./tracepoint/format-names.ts";
import { parseFormat } from "./tracepoint/parse-format.ts";

/**
 * The tracepoints of a tracefs. Nothing is kept: loading a module adds tracepoints, and loading it
 * again changes their ids.
 */
export interface Tracefs {
  tracepoint(category: string, name: string): TracepointFormat | undefined;
  tracepoints(): readonly TracepointName[];
}

const MOUNT_POINTS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/**
 * Finds the mount point of tracefs. Throws KernelFactsError that says how to mount it, or that it
 * cannot be read.
 */
export function findTracefs(candidates: readonly string[] = MOUNT_POINTS): string {
  const codes = candidates.map((folder) => errorCode(() => readdirSync(`${folder}/events`)));
  const found = candidates.find((_, index) => codes[index] === undefined);
  if (found !== undefined) return found;
  if (codes.includes("EACCES") || codes.includes("EPERM")) {
    throw new KernelFactsError(`${candidates.join(" and ")} cannot be read: run as root`);
  }
  throw new KernelFactsError('tracefs is not mounted: run "mount -t tracefs tracefs /sys/kernel/tracing"');
}

/** Returns the mount point of tracefs, or undefined if it is absent or cannot be read. */
export function tracefsOrNone(): string | undefined {
  return MOUNT_POINTS.find((folder) => errorCode(() => readdirSync(`${folder}/events`)) === undefined);
}

/** Opens the tracepoints below a folder, which is a tracefs or has its layout. */
export function openTracefs(folder: string, names: () => FormatNames): Tracefs {
  return {
    tracepoint(category, name) {
      if (!isPlain(category) || !isPlain(name) || INTERNAL.has(category)) return undefined;
      const text = readIfPresent(`${folder}/events/${category}/${name}/format`);
      return text === undefined ? undefined : parseFormat(text, { category, name }, names());
    },
    tracepoints: () => listEvents(readIfPresent(`${folder}/available_events`) ?? ""),
  };
}

/**
 * The record layouts of ftrace's own buffer: nothing can attach to them. `available_events` leaves
 * them out as well.
 */
const INTERNAL = new Set(["ftrace"]);

/** Parses lines of `CATEGORY:NAME` and sorts them. */
function listEvents(text: string): readonly TracepointName[] {
  return text
    .split("\n")
    .filter((line) => line.includes(":"))
    .toSorted()
    .map((line) => ({ category: line.slice(0, line.indexOf(":")), name: line.slice(line.indexOf(":") + 1) }));
}

/** True for one path component that does not lead up: names come from rule files. */
function isPlain(component: string): boolean {
  return /^[\w.-]+$/.test(component) && !/^\.+$/.test(component);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new KernelFactsError(`${path} cannot be read (${code})`, { cause: error });
  }
}

function errorCode(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
