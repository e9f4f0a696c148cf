import type { Kernel } from "../../kernel/kernel.ts";
import { namePattern } from "./name-pattern.ts";
import { PROBE_KINDS } from "./probe-kinds.ts";

/** The probes of a host that match a pattern. */
export interface ListedProbes {
  /** as rules spell them, by kind in the order of the documentation, then by name */
  readonly probes: readonly string[];
  /** for each kind in the pattern that has no probes here: the reason */
  readonly reasons: readonly string[];
  /** the matches of these kinds that cannot be probed */
  readonly leftOut: readonly string[];
}

/**
 * Lists the existing probes that match a pattern: `tracepoint:tcp:*`, `uprobe:/bin/bash:read*`, or
 * only a name (`tcp_*`), which is searched in all kinds that need no file. `*` stands for any
 * characters, also in the kind.
 */
export function listProbes(pattern: string, kernel: Kernel): ListedProbes {
  const colon = pattern.indexOf(":");
  const isKind = namePattern(pattern.slice(0, Math.max(colon, 0)));
  const named = PROBE_KINDS.filter(({ name }) => isKind(name));
  const rest = named.length === 0 ? pattern : pattern.slice(colon + 1);
  const kinds = named.length === 0 ? PROBE_KINDS : named;
  // functions of one name are one probe
  const probes = new Set<string>();
  const reasons: string[] = [];
  const leftOut: string[] = [];
  for (const kind of kinds) {
    const found = kind.list(rest, kernel);
    if (typeof found !== "string") {
      for (const each of found) probes.add(`${kind.name}:${each}`);
      const other = kind.leftOut?.(rest, kernel, () => false);
      if (other !== undefined) leftOut.push(other.message);
    }
    if (typeof found === "string" && named.length > 0) reasons.push(found);
  }
  return { probes: [...probes], reasons, leftOut };
}
