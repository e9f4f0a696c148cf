import { DURATION_UNITS } from "../../language/number.ts";
import { CPU_CLOCK } from "./perf-event-names.ts";
import { fault, found, type ProbeKind, type ProbeResolution } from "./probe-kind.ts";
import { samplingContext } from "./sampling-context.ts";

const SECOND_NS = 1_000_000_000n;
/**
 * The kernel raises a shorter period to this one (perf_swevent_start_hrtimer in
 * kernel/events/core.c).
 */
const SHORTEST_NS = 10_000n;
/** The top bit of perf_event_attr.sample_period must be clear. */
const LONGEST_NS = (1n << 63n) - 1n;

function clock(name: "profile" | "interval", cpus: "all" | "one", example: string, doc: string): ProbeKind {
  return {
    name,
    syntax: `${name}:${example}`,
    doc,
    resolve(spelled, rest, kernel) {
      const period = periodOf(rest);
      if (period === undefined) return badPeriod(name, example, rest, spelled.text);
      if (period < SHORTEST_NS || period > LONGEST_NS) {
        const message = `expected a period of at least 10us, which is 100000hz, found "${rest}"`;
        return fault("bad-probe", message, `write "${name}:${example}"`);
      }
      const attach = { kind: "perf-event", name: `${name}:${rest}`, ...CPU_CLOCK, period, cpus } as const;
      return found({ spelled, attach, context: samplingContext(kernel.architecture) });
    },
    list: () => `"${name}" takes any frequency or duration, such as "${name}:${example}"`,
  };
}

/** Reads `99hz`, or a duration such as `10ms`, as nanoseconds. */
function periodOf(text: string): bigint | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,19})([a-z]+)$/.exec(text) ?? [];
  const number = BigInt(digits);
  if (unit === "hz") return number === 0n ? 0n : SECOND_NS / number;
  const nanoseconds = DURATION_UNITS.get(unit);
  return nanoseconds === undefined ? undefined : number * nanoseconds;
}

function badPeriod(name: string, example: string, rest: string, spelled: string): ProbeResolution {
  const [, unit, number] = /^(?:(hz|s|ms|us):)?(\d+)(?:hz)?$/i.exec(rest) ?? [];
  const help =
    number === undefined
      ? `write a frequency, "${name}:99hz", or a duration, "${name}:10ms"`
      : `write "${name}:${number}${unit ?? "hz"}"`;
  return fault("bad-probe", `expected "${name}:${example}", found "${spelled}"`, help);
}

export const PROFILE: ProbeKind = clock(
  "profile",
  "all",
  "99hz",
  "A clock on each CPU, at a frequency or once in a duration: samples of the running code, also of an idle CPU.",
);
export const INTERVAL: ProbeKind = clock("interval", "one", "1s", "A clock on one CPU.");
