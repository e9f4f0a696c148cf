import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { DaemonProcess } from "../kernel/support/daemon-process.ts";
import { startTimedCalls } from "./timed-calls.ts";

const SETTINGS =
  "actions: {audit: {log: {path: events.jsonl}}}\ndefaults: {action: audit}\nlimits: {ring: 16MiB, records: 1000000}\n";
const SETTLE_MS = 2000;

export interface EventsToLog {
  readonly made: number;
  readonly logged: number;
  /** records a second that were asked for, and that were made */
  readonly rate: number;
  readonly madeRate: number;
}

/**
 * Makes a process cause `rate` events a second for some seconds, and counts the lines in the
 * daemon's log.
 */
export async function eventsToLog(rate: number, seconds: number): Promise<EventsToLog> {
  await using calls = startTimedCalls();
  const rule = `rule: bench
probe: tracepoint:syscalls:sys_enter_getppid
filter: pid == ${calls.pid}
event: {pid: pid, tid: tid, uid: uid, gid: gid, comm: comm, cgroup: cgroup, now: now, cpu: cpu}
`;
  await using daemon = await DaemonProcess.start({
    rules: { "bench.yaml": rule },
    settings: SETTINGS,
    environment: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    nodeFlags: DAEMON_FLAGS,
  });
  const made = rate * seconds;
  const nanoseconds = await calls.call(made, rate);
  await sleep(SETTLE_MS);
  const log = readFileSync(join(daemon.folder, "events.jsonl"));
  let logged = 0;
  for (let at = log.indexOf(0x0a); at >= 0; at = log.indexOf(0x0a, at + 1)) logged++;
  return { made, logged, rate, madeRate: made / (nanoseconds / 1e9) };
}
