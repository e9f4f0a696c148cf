import type { Spelled } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { AttachPoint } from "../checked-program.ts";
import { lastPart, namePattern } from "./name-pattern.ts";
import { fault, type MatchedPattern, type ProbeKind, type ProbeResolution, type ResolvedProbe } from "./probe-kind.ts";

/**
 * For each kind, true if its links carry a cookie, by which a program knows at which point it runs.
 */
const HAS_COOKIE: Readonly<Record<AttachPoint["kind"], boolean>> = {
  tracepoint: true,
  rawtracepoint: false,
  syscall: false,
  kprobe: true,
  trampoline: false,
  lsm: false,
  uprobe: true,
  usdt: true,
  "perf-event": false,
};

/** The most probes of one pattern. More take a rule seconds to attach and to detach. */
const MAX_MATCHES = 1000;

/**
 * Returns all probes of a kind that match a pattern with `*`, sorted by name, without those that
 * `except` matches.
 */
export function matchPattern(
  kind: ProbeKind,
  spelled: Spelled,
  except: readonly Spelled[],
  kernel: Kernel,
): ProbeResolution {
  const pattern = spelled.text.slice(kind.name.length + 1);
  const listed = kind.list(pattern, kernel);
  if (typeof listed === "string") return fault("unknown-probe", `"${spelled.text}" matches nothing: ${listed}`);
  const names = withoutExcepted(kind.name, listed, except);
  if (names.length > MAX_MATCHES) return tooMany(spelled, names);
  const matched = names.flatMap((name) => {
    const text = `${kind.name}:${name}`;
    const resolution = kind.resolve({ ...spelled, text }, name, kernel, true);
    return "probes" in resolution ? resolution.probes : [];
  });
  const probes = withoutAliases(matched);
  if (probes.length > 0) {
    const leftOut = kind.leftOut?.(pattern, kernel, (name) => withoutExcepted(kind.name, [name], except).length === 0);
    return { probes: together(spelled.text, probes, kernel), ...(leftOut && { leftOut }) };
  }
  // a pattern often matches nothing because the kernel lacks the whole kind; a single probe of the
  // kind has the best message for that
  const single = kind.resolve(spelled, pattern, kernel, true);
  const help = "fault" in single && except.length === 0 ? single.fault.help : undefined;
  const message =
    except.length > 0
      ? `"except" leaves no probe of this kernel that matches "${spelled.text}"`
      : `no probe of this kernel matches "${spelled.text}"`;
  return fault("unknown-probe", message, help);
}

/**
 * Leaves out the exceptions. An exception is spelled as a probe, with or without the kind, or as
 * the last part only: `sys_enter_exit*`.
 */
function withoutExcepted(kind: string, names: readonly string[], except: readonly Spelled[]): readonly string[] {
  const unwanted = except.map(({ text }) => namePattern(text));
  return names.filter((name) => {
    const spellings = [name, lastPart(name), `${kind}:${name}`];
    return !unwanted.some((matches) => spellings.some(matches));
  });
}

/**
 * Leaves out aliases. A function of a program can have several names: it is probed once, by the
 * first of them.
 */
function withoutAliases(probes: readonly ResolvedProbe[]): readonly ResolvedProbe[] {
  const places = new Set<string>();
  return probes.filter(({ attach }) => {
    if (attach.kind !== "uprobe") return true;
    const place = `${attach.path} ${attach.fileOffset}`;
    const isKnown = places.has(place);
    places.add(place);
    return !isKnown;
  });
}

function tooMany(spelled: Spelled, names: readonly string[]): ProbeResolution {
  const message = `expected at most ${MAX_MATCHES} probes, found ${names.length} that "${spelled.text}" matches`;
  return fault("bad-probe", message, "write a longer pattern, or leave some out: {probe: PATTERN, except: [PATTERN]}");
}

/** Marks each probe as one of several, with the way in which programs know which of them fired. */
function together(text: string, probes: readonly ResolvedProbe[], kernel: Kernel): readonly ResolvedProbe[] {
  const named = probes.map((probe): ResolvedProbe => {
    const names = { probe: probe.spelled.text, func: funcOf(probe.spelled.text) };
    return { ...probe, attach: { ...probe.attach, names } };
  });
  const room = (key: "probe" | "func"): number =>
    Math.max(...named.map(({ attach }) => utf8Bytes(attach.names?.[key] ?? ""))) + 1;
  const cookies = probes.every(({ attach }) => HAS_COOKIE[attach.kind]) && kernel.has("attach_cookie");
  const pattern: MatchedPattern = {
    text,
    matches: probes.length,
    ...(cookies && probes.length > 1 ? { cookieNames: { probe: room("probe"), func: room("func") } } : {}),
  };
  return named.map((probe) => ({ ...probe, pattern }));
}

/**
 * Returns the function, or the tracepoint's name, of a probe: `vfs_read` of `kprobe:vfs_read+4`.
 */
export function funcOf(probe: string): string {
  return lastPart(probe).replace(/\+\w+$/, "");
}

/** Counts bytes instead of characters, since names of files may have any characters. */
function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
