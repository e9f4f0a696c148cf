import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { call } from "../kernel/daemon/call-rules.ts";
import { DaemonProcess } from "../kernel/support/daemon-process.ts";
import { waitUntil } from "../kernel/support/wait-until.ts";
import { WebhookSink } from "../kernel/support/webhook-sink.ts";

/** The cost of a tick in which so many keys of one rule fire. */
export interface FiringFigure {
  readonly keys: number;
  /** notified alerts */
  readonly told: number;
  /** until all were notified */
  readonly seconds: number;
  /** processor time of the main thread until then, above that of as many quiet seconds */
  readonly totalMs: number;
  /** the same in the busiest second */
  readonly busiestMs: number;
  /** the longest work between two turns of the event loop, in processor time */
  readonly longestMs: number;
  /**
   * seconds from an event of another rule to its webhook, at worst: before anything fires, and
   * meanwhile
   */
  readonly otherS: readonly [before: number, meanwhile: number];
}

const MANY = 1_910_000_000;
const OTHER = 1_911_000_000;
const TICK_MS = 1000;
const QUIET_S = 5;
/** A bound against hanging: 2,000 alerts go out in a tick. */
const MOST_S = 240;

const RULES = {
  "many.yaml": `rule: many
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${MANY} and args.who < ${OTHER}
by: {who: args.who}
aggregate: count()
window: 10m
threshold: value > 0
`,
  "other.yaml": `rule: other
probe: tracepoint:syscalls:sys_enter_getpriority
filter: pid == ${process.pid} and args.who >= ${OTHER}
by: {who: args.who}
aggregate: count()
window: 10s
threshold: value > 0
`,
};

const settingsOf = (hook: string, other: string, keys: number): string => `actions:
  hook: {webhook: {url: "${hook}"}}
  other: {webhook: {url: "${other}"}}
defaults: {action: hook}
notify: {group_interval: 1s, budget: {rule: 1000000, action: 1000000}}
route: [{match: 'alertname="other"', action: other, group_by: [rule, who]}]
limits: {keys: ${Math.max(10_000, keys)}, memory: 512MiB}
tick: ${TICK_MS}ms
`;

/** Processor time of the process's main thread, by /proc/PID/task/PID/schedstat. */
function mainThreadMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ")[0]) / 1e6;
}

/** Makes `keys` keys fire at once in a daemon of its own. */
export async function firingFigure(keys: number): Promise<FiringFigure> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-bench-"));
  const lagFile = join(folder, "lag");
  await using hook = await WebhookSink.start();
  await using other = await WebhookSink.start();
  await using daemon = await DaemonProcess.start({
    rules: RULES,
    settings: settingsOf(hook.url, other.url, keys),
    nodeFlags: [...DAEMON_FLAGS, "--import", join(import.meta.dirname, "../kernel/support/report-lag.ts")],
    environment: { LAG_FILE: lagFile, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  const watch = new Watch(daemon.pid);
  const told = (): number => new Set(hook.alerts("many", "firing").map(({ labels }) => labels["who"])).size;
  await sleep(3 * TICK_MS);
  for (let second = 0; second < QUIET_S; second++) await watch.second();
  const quietMs = watch.takeSeconds().reduce((sum, ms) => sum + ms, 0) / QUIET_S;
  rmSync(lagFile, { force: true });
  await sleep(TICK_MS);
  watch.takeSeconds();
  for (let key = 0; key < keys; key++) call(MANY + key);
  const from = watch.fired.length;
  for (let second = 0; second < MOST_S && told() < keys; second++) await watch.second();
  const seconds = watch.takeSeconds();
  const busy = seconds.map((ms) => ms - quietMs);
  await sleep(3 * TICK_MS);
  const longestMs = Number(await waitUntil("a report of the lag", () => readFileSync(lagFile, "utf8")));
  const latencies = watch.latencies(other);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return {
    ...{ keys, told: told(), seconds: seconds.length, longestMs },
    ...{ totalMs: busy.reduce((sum, ms) => sum + ms, 0), busiestMs: Math.max(...busy) },
    otherS: [Math.max(...latencies.slice(0, from)), Math.max(...latencies.slice(from))],
  };
}

/** Second by second: what the daemon's main thread works, and an event of the other rule. */
class Watch {
  readonly #pid: number;
  /** when the event of each second was */
  readonly fired: number[] = [];
  #seconds: number[] = [];
  #beforeMs: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#beforeMs = mainThreadMs(pid);
  }

  async second(): Promise<void> {
    call(OTHER + this.fired.length);
    this.fired.push(performance.now());
    await sleep(1000);
    this.#look();
  }

  /** The processor time of each second since the last call. */
  takeSeconds(): readonly number[] {
    const seconds = this.#seconds;
    this.#seconds = [];
    this.#beforeMs = mainThreadMs(this.#pid);
    return seconds;
  }

  /** Seconds until each event's webhook came; endless where it has not. */
  latencies(sink: WebhookSink): readonly number[] {
    const arrivals = new Map(
      sink.received.flatMap(({ body, arrivedAtMs }) =>
        body.alerts.flatMap(({ labels, status }) =>
          status === "firing" ? [[labels["who"], arrivedAtMs] as const] : [],
        ),
      ),
    );
    return this.fired.map((ms, second) => ((arrivals.get(String(OTHER + second)) ?? Infinity) - ms) / 1000);
  }

  #look(): void {
    const nowMs = mainThreadMs(this.#pid);
    this.#seconds.push(nowMs - this.#beforeMs);
    this.#beforeMs = nowMs;
  }
}

/** One line of the figures. */
export function firingLine({ keys, told, seconds, totalMs, busiestMs, longestMs, otherS }: FiringFigure): string {
  const work = `${totalMs.toFixed(0)} ms of the main thread over ${seconds} s, at most ${busiestMs.toFixed(0)} in a second and ${longestMs} on end`;
  const [before, meanwhile] = otherS.map((each) => each.toFixed(1));
  return `${keys} keys fire at once, ${told} were notified of: ${work}; another rule's alert took ${before} s at most before, ${meanwhile} s meanwhile`;
}

if (import.meta.main) for (const keys of [10_000, 100_000]) console.log(firingLine(await firingFigure(keys)));
