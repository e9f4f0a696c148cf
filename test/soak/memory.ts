// `npm run memory -- MINUTES`: the daemon with all shipped rules on a host where processes come and
// go, and open files and connections. Prints what of it is resident each half minute, and at the
// end where it lies.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { DaemonProcess, shippedRule } from "../kernel/support/daemon-process.ts";
import { libraryRules } from "../kernel/support/library-rules.ts";
import { waitUntil } from "../kernel/support/wait-until.ts";
import { childrenOf, cpuSeconds, processMiB } from "./measures.ts";
import { residentParts } from "./resident-parts.ts";

const MINUTES = Number(process.argv[2] ?? "10");
/** instead of those of the service, to compare with */
const FLAGS = process.argv[3]?.split(" ") ?? DAEMON_FLAGS;
const EVERY_MS = 30_000;
const START_MS = 180_000;
const SHIPPED = ["bash-audit", "page-cache-hit-ratio", "tcp-retransmits"];

/** Programs of three hundred names, that open files which exist and others that do not. */
const PROCESSES = `n=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"; exit' TERM
while :; do
  n=$((n + 1))
  ln -sf /bin/cat "$dir/p$((n % 300))"
  "$dir/p$((n % 300))" /etc/hostname "$dir/none-$n" >/dev/null 2>&1
  echo x > "$dir/f$((n % 5000))"
done`;

/** A connection after the other until it is disposed. */
async function connections(signal: AbortSignal): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => undefined).end("x")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  while (!signal.aborted) {
    const socket = connect(port, "127.0.0.1").resume();
    await once(socket, "close");
    await sleep(10);
  }
  server.close();
}

const rules: Record<string, string> = {};
for (const name of SHIPPED) rules[`${name}.yaml`] = shippedRule(name);
for (const { name, text } of libraryRules) rules[`library-${name}.yaml`] = text;
await using daemon = await DaemonProcess.start({
  rules: {},
  settings: `actions:
  audit: {log: {path: audit.jsonl}}
  alerts: {log: {path: alerts.jsonl}}
defaults: {action: alerts}
state_dir: state
socket: control.sock
`,
  nodeFlags: FLAGS,
  environment: { NODE_COMPILE_CACHE: COMPILE_CACHE },
});
// A busy machine takes its time to compile and load them all.
for (const [name, text] of Object.entries(rules)) daemon.writeRule(name, text);
await waitUntil("all rules", () => /"rules":[1-9].*"msg":"reloaded"/.test(daemon.output), START_MS);
const load = spawn("bash", ["-c", PROCESSES], { stdio: "ignore" });
const ends = new AbortController();
const connecting = connections(ends.signal);

const startedMs = performance.now();
for (let turn = 0; turn <= (MINUTES * 60_000) / EVERY_MS; turn++) {
  await sleep(Math.max(0, startedMs + turn * EVERY_MS - performance.now()));
  const readers = childrenOf(daemon.pid).map((pid) => processMiB(pid, "VmRSS").toFixed(0));
  console.log(
    `${((performance.now() - startedMs) / 60_000).toFixed(1)} min: ${processMiB(daemon.pid, "VmRSS").toFixed(1)} MiB resident, of its own ${processMiB(daemon.pid, "RssAnon").toFixed(1)}, at most ${processMiB(daemon.pid, "VmHWM").toFixed(1)}; reader ${readers.join(", ") || "-"}; ${cpuSeconds(daemon.pid).toFixed(1)} s of a processor`,
  );
}
console.table(residentParts(daemon.pid));
ends.abort();
load.kill("SIGTERM");
await connecting;
