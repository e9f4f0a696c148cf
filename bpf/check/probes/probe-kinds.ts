import type { Spelled } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { INTERVAL, PROFILE } from "./clock.ts";
import { FUNCTION_KINDS } from "./kernel-function.ts";
import { LSM } from "./lsm.ts";
import { matchPattern } from "./match-pattern.ts";
import { OTHER_KINDS } from "./other-kinds.ts";
import { PERF } from "./perf.ts";
import { fault, type ProbeKind, type ProbeResolution } from "./probe-kind.ts";
import { RAWTRACEPOINT } from "./rawtracepoint.ts";
import { TRACEPOINT } from "./tracepoint.ts";
import { UPROBE, URETPROBE } from "./uprobe.ts";
import { USDT } from "./usdt.ts";

/** All kinds of probes, in the order of the documentation. */
export const PROBE_KINDS: readonly ProbeKind[] = [
  TRACEPOINT,
  RAWTRACEPOINT,
  UPROBE,
  URETPROBE,
  ...FUNCTION_KINDS,
  LSM,
  USDT,
  PROFILE,
  INTERVAL,
  PERF,
];

const SYNTAXES = PROBE_KINDS.map(({ syntax }) => syntax).join(", ");

/**
 * Finds a tracepoint that another tool would call `tcp_retransmit_skb`, `tcp:tcp_retransmit_skb` or
 * `t:tcp:tcp_retransmit_skb`.
 */
function tracepointCalled(text: string, kernel: Kernel): string | undefined {
  const name = text.slice(text.lastIndexOf(":") + 1);
  const found = kernel.tracepoints().find((tracepoint) => tracepoint.name === name);
  return found && `did you mean "tracepoint:${found.category}:${name}"?`;
}

/** Probes of other tools that have no place: at the start, at the end, at a stop. */
const WITHOUT_PLACE: ReadonlyMap<string, string> = new Map([
  ...["BEGIN", "END", "begin", "end", "self", "bench"].map(
    (name) =>
      [
        name,
        'a rule has no start and no end: it counts while it is attached; for a clock write "interval:1s"',
      ] as const,
  ),
  ["iter", "lists of the kernel cannot be read: probe the place where they change"],
  ...["watchpoint", "asyncwatchpoint", "w", "aw"].map(
    (name) => [name, "addresses cannot be watched: probe the functions that write there"] as const,
  ),
]);

function helpForUnknown(text: string, kernel: Kernel): string {
  const [name = "", ...rest] = text.split(":");
  const other = rest.length === 0 ? undefined : OTHER_KINDS.get(name);
  const without = WITHOUT_PLACE.get(name);
  if (without !== undefined) return without;
  const here = other && other !== TRACEPOINT.name ? `did you mean "${[other, ...rest].join(":")}"?` : undefined;
  return here ?? tracepointCalled(text, kernel) ?? kindCalled(name) ?? `write one of ${SYNTAXES}`;
}

/** Returns "did you mean" for the kind of a probe. */
export function kindCalled(name: string): string | undefined {
  return didYouMean(
    name,
    PROBE_KINDS.map((kind) => kind.name),
  );
}

/** Other tools take several probes with commas between them. */
const SEVERAL = /,\s*[a-z]+:/;
/** `tracepoint:a:b { ... }`, `kprobe:f / pid == 1 /` */
const WITH_ACTION = /\s(?:\{|\/.*\/)/;
const HELP_FOR_ACTION =
  'write only the probe here, a condition in "filter:", counts in "aggregate:" and fields to record in "event:"';
const HELP_FOR_SEVERAL = "write {any: [PROBE, PROBE]} for all of them, [PROBE, PROBE] for the first one that exists";

/**
 * Finds a probe on a host. For a pattern with `*` it finds all matches except those of `except`.
 */
export function resolveProbe(spelled: Spelled, kernel: Kernel, except: readonly Spelled[] = []): ProbeResolution {
  const colon = spelled.text.indexOf(":");
  const name = colon < 0 ? spelled.text : spelled.text.slice(0, colon);
  const kind = PROBE_KINDS.find((candidate) => candidate.name === name);
  if (kind === undefined) {
    return fault(
      "unknown-probe-kind",
      `expected a probe, found "${spelled.text}"`,
      helpForUnknown(spelled.text, kernel),
    );
  }
  if (colon < 0) return fault("bad-probe", `expected "${kind.syntax}", found "${spelled.text}"`);
  const rest = spelled.text.slice(colon + 1);
  if (SEVERAL.test(rest)) return fault("bad-probe", `expected one probe, found "${spelled.text}"`, HELP_FOR_SEVERAL);
  if (WITH_ACTION.test(rest))
    return fault("bad-probe", `expected only a probe, found "${spelled.text}"`, HELP_FOR_ACTION);
  if (rest.includes("*")) return matchPattern(kind, spelled, except, kernel);
  if (except.length === 0) return kind.resolve(spelled, rest, kernel, false);
  return fault("bad-probe", `expected a pattern with "*" beside "except", found "${spelled.text}"`);
}
