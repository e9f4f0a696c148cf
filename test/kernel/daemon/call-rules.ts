import koffi from "koffi";
import type { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

/**
 * getpriority(2) of a user nobody has. Rules count only what this process calls: the same test may
 * run twice on one host.
 */
const getpriority = koffi.load("libc.so.6").func("int getpriority(int which, uint32_t who)");

export function call(who: number, times = 1): void {
  for (let n = 0; n < times; n++) getpriority(2, who);
}

const ALERTS = "alerts.jsonl";
export const ACTIONS = `actions: {file: {log: {path: ${ALERTS}}}}\ndefaults: {action: file}\n`;
export const SETTINGS = `${ACTIONS}tick: 100ms\n`;

/** Fires once `threshold` calls with `who` were counted, however long that takes. */
export function countingRule(name: string, who: number, threshold: number): string {
  return `rule: ${name}
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who == ${who}
aggregate: count()
window: 10m
threshold: value >= ${threshold}
`;
}

/** Records each call with `who`. */
export function recordingRule(name: string, who: number): string {
  return `rule: ${name}
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who == ${who}
event: {who: args.who}
`;
}

const FIRST_MARK = 2_000_000_000;

/**
 * An alert for each new number from `FIRST_MARK`, to know that a tick has passed: an average is
 * judged at ticks only.
 */
export const MARKS = `rule: marks
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${FIRST_MARK}
by: {mark: args.who}
aggregate: avg(args.who)
window: 10m
threshold: value > 0
`;

let mark = FIRST_MARK;

/**
 * Resolves when everything that was counted before the call has been judged and notified. Needs the
 * rule MARKS and SETTINGS.
 */
export async function judged(daemon: DaemonProcess): Promise<void> {
  // The first may come out of the same tick as what is awaited, in whatever order; the second comes
  // of a later one.
  for (let n = 0; n < 2; n++) {
    const text = String(++mark);
    call(mark);
    await waitUntil("a mark", () => alertsOf(daemon, "marks").some(({ labels }) => labels["mark"] === text));
  }
}

export interface LoggedAlert {
  readonly rule: string;
  readonly alert: "firing" | "resolved";
  readonly reason: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number | null>>;
}

export function alertsOf(daemon: DaemonProcess, rule: string, file = ALERTS): readonly LoggedAlert[] {
  return daemon.lines(file).filter((line) => line["rule"] === rule) as unknown as readonly LoggedAlert[];
}

/** Returns the notifications of one rule's alerts: `firing 30`. */
export function notificationsOf(daemon: DaemonProcess, rule: string, file = ALERTS): readonly string[] {
  return alertsOf(daemon, rule, file).map(({ alert, values }) => `${alert} ${values["value"]}`);
}

/** Entries of the daemon's own log. */
export function entries(daemon: DaemonProcess): readonly Readonly<Record<string, unknown>>[] {
  const whole = daemon.output.split("\n").slice(0, -1);
  return whole.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function countEntries(daemon: DaemonProcess, message: string, rule?: string): number {
  return entries(daemon).filter(({ msg, ...rest }) => msg === message && (rule === undefined || rest["rule"] === rule))
    .length;
}

/** Does `change`, and resolves when the daemon has read its folder again. */
export async function reloaded(daemon: DaemonProcess, change: () => void): Promise<void> {
  const before = countEntries(daemon, "reloaded");
  change();
  await daemon.until("a reload", () => countEntries(daemon, "reloaded") > before);
}
