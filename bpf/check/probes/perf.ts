import { didYouMean } from "../../source/did-you-mean.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { namePattern } from "./name-pattern.ts";
import { findPerfEvent, PERF_EVENTS } from "./perf-event-names.ts";
import { badSpelling, fault, found, type ProbeKind, type ProbeResolution } from "./probe-kind.ts";
import { samplingContext } from "./sampling-context.ts";

/** Events that perf counts, on all CPUs. The program runs once every PERIOD events. */
export const PERF: ProbeKind = {
  name: "perf",
  syntax: "perf:EVENT:PERIOD",
  doc: "One in PERIOD events that perf counts, by perf's names: `page-faults`, `cycles`, `LLC-load-misses`, raw `r003c`.",
  resolve(spelled, rest, kernel) {
    const [name = "", text = "", ...more] = rest.split(":");
    const period = /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
    if (period === 0n || more.length > 0) return badPeriod(spelled, name, text);
    const event = findPerfEvent(name);
    if (event === undefined) return unknownEvent(name, text);
    if (!kernel.counts(event)) return notCounted(name);
    const attach = { kind: "perf-event", name: `perf:${rest}`, ...event, period, cpus: "all" } as const;
    return found({ spelled, attach, context: samplingContext(kernel.architecture) });
  },
  list(rest, kernel) {
    const isNamed = namePattern(rest.split(":")[0] ?? "");
    return [...countedEvents(kernel)]
      .filter(isNamed)
      .map((name) => `${name}:1`)
      .toSorted();
  },
};

function* countedEvents(kernel: Kernel): Iterable<string> {
  for (const [name, event] of PERF_EVENTS) if (kernel.counts(event)) yield name;
}

function badPeriod(spelled: Parameters<ProbeKind["resolve"]>[0], name: string, period: string): ProbeResolution {
  if (period !== "" || findPerfEvent(name) === undefined) return badSpelling(PERF, spelled);
  const help = `write the number of events from one run to the next: "perf:${name}:1" runs at each event`;
  return fault("bad-probe", `expected "${PERF.syntax}", found "${spelled.text}"`, help);
}

function unknownEvent(name: string, period: string): ProbeResolution {
  const near = didYouMean(name, [...PERF_EVENTS.keys()])?.replace(/"(.*)"/, `"perf:$1:${period}"`);
  const help = near ?? 'write a name of "perf list", or a raw event such as "r003c"';
  return fault("unknown-probe", `perf has no event "${name}"`, help);
}

function notCounted(name: string): ProbeResolution {
  const message = `this machine does not count "${name}": its processor has no such counter, or the virtual machine does not have access to it`;
  return fault("unknown-probe", message, 'write a software event, such as "perf:page-faults:100", or "profile:99hz"');
}
