import { readdirSync, statSync } from "node:fs";
import { listProbes } from "../../../bpf/check/probes/list-probes.ts";
import { PROBE_KINDS } from "../../../bpf/check/probes/probe-kinds.ts";
import { openKernel } from "../../../bpf/load/open-kernel.ts";

/** A shell that is offered more words than this asks first, and nobody reads them. */
const MOST = 2_000;

/**
 * Returns the beginnings of probes that continue this one, up to the next colon: kinds, which need
 * no kernel; paths of programs; or what `bpfwarden probes` lists.
 */
export function probeNames(beginning: string): readonly string[] {
  const [kindName = "", ...rest] = beginning.split(":");
  if (rest.length === 0) return PROBE_KINDS.map(({ name }) => `${name}:`);
  const kind = PROBE_KINDS.find(({ name }) => name === kindName);
  if (kind === undefined) return [];
  if (kind.syntax.includes(":PATH") && rest.length === 1)
    return pathsFrom(rest[0] ?? "").map((path) => `${kindName}:${path}`);
  // A pattern of the user would be a beginning of nothing.
  if (beginning.includes("*")) return [];
  return upToColon(listProbes(`${beginning}*`, openKernel()).probes, beginning).slice(0, MOST);
}

/** Cuts many words after the next colon: `tracepoint:tcp:` instead of all its tracepoints. */
function upToColon(words: readonly string[], beginning: string): readonly string[] {
  const cut = words.map((word) => {
    const colon = word.indexOf(":", beginning.length);
    return colon < 0 ? word : word.slice(0, colon + 1);
  });
  const short = [...new Set(cut)];
  return short.length > 1 ? short : words;
}

/** Returns the entries of a folder that continue a path; files end with a colon. */
function pathsFrom(beginning: string): readonly string[] {
  const folder = beginning.slice(0, beginning.lastIndexOf("/") + 1);
  if (folder === "") return ["/"];
  try {
    const names = readdirSync(folder).filter((name) => `${folder}${name}`.startsWith(beginning));
    return names.slice(0, MOST).map((name) => `${folder}${name}${isFolder(folder + name) ? "/" : ":"}`);
  } catch {
    return []; // a folder that cannot be listed completes nothing
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
