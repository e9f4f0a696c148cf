// `npm run soak -- MINUTES`: the daemon with all shipped rules under the unit's memory limit, while
// users without rights attack it, and honest alerts, commands and `status` beside them. Prints what
// was seen, and fails where an honest one was late or lost.
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { BashOnPty } from "../kernel/support/bash-on-pty.ts";
import { DaemonProcess, shippedRule } from "../kernel/support/daemon-process.ts";
import { libraryRules } from "../kernel/support/library-rules.ts";
import { MemoryCgroup } from "../kernel/support/memory-cgroup.ts";
import { WebhookSink } from "../kernel/support/webhook-sink.ts";
import { Attackers, makeAttackTools, STORM_KEYS } from "./attackers.ts";
import { HONEST_COMMAND, HONEST_LOWEST, honestAlert, honestCommand } from "./honest.ts";
import { LogTail } from "./log-tail.ts";
import { cpuSeconds, residentMiB, spreadOf } from "./measures.ts";

const MINUTES = Number(process.argv[2] ?? "60");
const ATTACKS_AT_ONCE = 2;
/** as MemoryMax= of the unit */
const MEMORY_BYTES = 512 << 20;
const LATEST_ALERT_MS = 2_000;
const LATEST_STATUS_MS = 3_000;
const EVERY_MS = 5_000;
const root = join(import.meta.dirname, "../..");

const HONEST_RULE = `rule: honest
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who >= ${HONEST_LOWEST} and args.who < ${HONEST_LOWEST + 100_000}
by: {who: args.who}
aggregate: count()
window: 2s
threshold: value > 0
---
rule: storm
probe: tracepoint:syscalls:sys_enter_getpriority
filter: args.who >= ${STORM_KEYS.lowest} and args.who < ${STORM_KEYS.lowest + STORM_KEYS.count}
by: {who: args.who}
aggregate: count()
window: 10s
threshold: value > 0
action: [dead, mail]
---
rule: stacks
probe: profile:99hz
filter: comm == "spin"
by: {comm: comm, user: ustack(16)}
aggregate: count()
window: 10s
threshold: value > 100000
`;

const settings = (hookPort: number, smtpPort: number, deadPort: number): string => `actions:
  audit: {log: {path: audit.jsonl}}
  alerts: {log: {path: alerts.jsonl}}
  hook: {webhook: {url: "http://127.0.0.1:${hookPort}/"}}
  dead: {webhook: {url: "http://127.0.0.1:${deadPort}/"}}
  mail: {email: {to: [ops@example.org], from: bpfwarden@example.org}}
smtp: {host: 127.0.0.1, port: ${smtpPort}, tls: none}
defaults: {action: alerts}
notify: {budget: {rule: 1000000, action: 1000000}}
route:
  - {match: 'alertname="honest"', action: hook, group_by: [who]}
limits: {keys: 10000, cpu: 10000%}
state_dir: state
socket: control.sock
`;

/** A mail server whose greeting is one line without end. */
async function hostileMailServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(`500-${"x ".repeat(100_000)}`);
    setTimeout(() => socket.end(`\r\n500 no\r\n`), 1000);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server: Server): number => (server.address() as { readonly port: number }).port;

/** Milliseconds that `bpfwarden status` takes; undefined where it fails. */
async function statusMs(folder: string): Promise<number | undefined> {
  const startedMs = performance.now();
  try {
    await promisify(execFile)(join(root, "packaging/bpfwarden"), ["status", "--config", folder], {
      maxBuffer: 64 << 20,
    });
    return performance.now() - startedMs;
  } catch (error) {
    console.log("status failed:", error instanceof Error ? error.message.slice(0, 300) : error);
    return undefined;
  }
}

const rules: Record<string, string> = { "honest.yaml": HONEST_RULE };
for (const name of ["tcp-retransmits", "page-cache-hit-ratio"]) rules[`${name}.yaml`] = shippedRule(name);
rules["bash-audit.yaml"] = shippedRule("bash-audit").replaceAll(/^rule: .*/gm, "$&\naction: audit");
for (const { name, text } of libraryRules) rules[`library-${name}.yaml`] = text;

const scratch = mkdtempSync(join(tmpdir(), "bpfwarden-soak-"));
chmodSync(scratch, 0o755);
const tools = makeAttackTools(scratch);
const mail = await hostileMailServer();
const dead = createServer();
await new Promise<void>((resolve) => dead.listen(0, "127.0.0.1", resolve));
const deadPort = portOf(dead);
dead.close();
await using sink = await WebhookSink.start();
using group = new MemoryCgroup(`bpfwarden-soak-${process.pid}`, MEMORY_BYTES);
await using daemon = await DaemonProcess.start({
  rules,
  settings: settings(sink.port, portOf(mail), deadPort),
  nodeFlags: DAEMON_FLAGS,
});
group.add(daemon.pid);
// as Nice= of the unit
setPriority(daemon.pid, -5);
const log = new LogTail(daemon.folder, "audit.jsonl", HONEST_COMMAND);
await using bash = await BashOnPty.start();
const attackers = new Attackers(tools, ATTACKS_AT_ONCE);

const alerts: (number | undefined)[] = [];
const commands: (number | undefined)[] = [];
const statuses: (number | undefined)[] = [];
const memory: number[] = [];
const startedMs = performance.now();
const minutes = (): number => (performance.now() - startedMs) / 60_000;
while (minutes() < MINUTES && daemon.exit === undefined) {
  const turn = sleep(EVERY_MS);
  const number = alerts.length;
  const [alert, command, status] = await Promise.all([
    honestAlert(number, sink),
    honestCommand(number, bash, log),
    number % 6 === 0 ? statusMs(daemon.folder) : 0,
  ]);
  alerts.push(alert);
  commands.push(command);
  if (number % 6 === 0) statuses.push(status);
  memory.push(daemon.exit === undefined ? residentMiB(daemon.pid) : NaN);
  sink.received.splice(0, Math.max(0, sink.received.length - 100));
  if (number % 12 === 0 || alert === undefined || alert > LATEST_ALERT_MS || command === undefined)
    console.log(
      `${minutes().toFixed(1)} min: alert ${alert?.toFixed(0) ?? "lost"} ms, command ${command?.toFixed(0) ?? "lost"} ms, status ${status?.toFixed(0) ?? "failed"} ms, ${memory.at(-1)?.toFixed(0)} MiB, ${daemon.exit === undefined ? cpuSeconds(daemon.pid).toFixed(0) : "-"} s of a processor`,
    );
  await turn;
}
const ended = daemon.exit;
await attackers[Symbol.asyncDispose]();
mail.close();
console.log("attacks:", Object.fromEntries(attackers.counts));

const lost = (values: readonly unknown[]): number => values.filter((value) => value === undefined).length;
const late = (values: readonly (number | undefined)[], mostMs: number): number =>
  values.filter((value) => value !== undefined && value > mostMs).length;
const seen = (values: readonly (number | undefined)[]): object =>
  spreadOf(values.flatMap((value) => value ?? []).map(Math.round));
console.log(
  "alerts",
  seen(alerts),
  "lost",
  lost(alerts),
  `later than ${LATEST_ALERT_MS} ms`,
  late(alerts, LATEST_ALERT_MS),
);
console.log("commands", seen(commands), "lost", lost(commands));
console.log(
  "status",
  seen(statuses),
  "failed",
  lost(statuses),
  `later than ${LATEST_STATUS_MS} ms`,
  late(statuses, LATEST_STATUS_MS),
);
const third = Math.ceil(memory.length / 3);
console.log("memory, MiB: first third", spreadOf(memory.slice(0, third)), "last third", spreadOf(memory.slice(-third)));
writeFileSync(join(scratch, "daemon.log"), daemon.output);
console.log(`the daemon's log: ${join(scratch, "daemon.log")}; ended: ${ended ?? "no"}`);
console.log(readFileSync(join(scratch, "daemon.log"), "utf8").split("\n").slice(-5).join("\n").slice(0, 2000));
const isGood =
  ended === undefined &&
  lost(alerts) + lost(commands) + lost(statuses) === 0 &&
  late(alerts, LATEST_ALERT_MS) + late(statuses, LATEST_STATUS_MS) === 0;
console.log(isGood ? "the soak is good" : "the soak is not good");
process.exitCode = isGood ? 0 : 1;
