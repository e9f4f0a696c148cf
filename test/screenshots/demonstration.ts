import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DaemonProcess } from "../kernel/support/daemon-process.ts";
import { listeningPort } from "../kernel/support/listening-port.ts";

const ROOT = join(import.meta.dirname, "../..");

const SHIPPED = [
  ...["tcp-retransmits", "bash-audit", "library/block/block-io-latency", "library/cpu/run-queue-latency"],
  ...["library/cpu/syscall-errors", "library/memory/major-page-faults", "library/network/tcp-connect-failures"],
  ...["library/network/tcp-resets", "library/cpu/soft-irq-time", "library/processes/exec-audit"],
];

const SLOW_FSYNC = `rule: slow-fsync
description: Calls that write files to the disk (fsync) take long.
labels: { team: storage }
probe:
  from: { any: [tracepoint:syscalls:sys_enter_fsync, tracepoint:syscalls:sys_enter_fdatasync] }
  to: { any: [tracepoint:syscalls:sys_exit_fsync, tracepoint:syscalls:sys_exit_fdatasync] }
by: [comm]
aggregate: histogram(elapsed)
threshold: { warning: p99(value) > 2ms, critical: p99(value) > 200ms }
summary: "{{ labels.comm }}: 1 % of {{ value.count }} syncs in {{ window }} took longer than {{ value.p99 }}"
runbook: https://wiki.example.org/slow-fsync
`;

const FAILED_OPENS = `rule: failed-opens
description: A program tries to open files that do not exist.
probe: tracepoint:syscalls:sys_exit_openat
filter: args.ret == -ENOENT
by: [comm]
aggregate: count()
threshold: { info: value > 20000, warning: value > 900000 }
runbook: https://wiki.example.org/failed-opens
`;

const BROKEN =
  "rule: dns-latency\nprobe: tracepoint:syscalls:sys_enter_recvmsg\nagregate: count()\nthreshold: value > 10\n";

const SETTINGS = `actions:
  oncall: { webhook: { url: "http://127.0.0.1:9/alerts" } }
  file: { log: { path: alerts.jsonl } }
defaults: { action: [file, oncall] }
labels: { instance: web1 }
http: { listen: "127.0.0.1:0" }
`;

/** A daemon with rules of the library, and programs that make some of them fire. */
export class Demonstration implements AsyncDisposable {
  readonly address: string;
  readonly #daemon: DaemonProcess;
  readonly #load: ChildProcess;

  private constructor(daemon: DaemonProcess, load: ChildProcess, address: string) {
    this.#daemon = daemon;
    this.#load = load;
    this.address = address;
  }

  static async start(): Promise<Demonstration> {
    const shipped = SHIPPED.map((path) => [
      `${path.split("/").at(-1)}.yaml`,
      readFileSync(join(ROOT, "rules.d", `${path}.yaml`), "utf8"),
    ]);
    const own = { "slow-fsync.yaml": SLOW_FSYNC, "failed-opens.yaml": FAILED_OPENS, "dns-latency.yaml": BROKEN };
    const daemon = await DaemonProcess.start({ rules: { ...Object.fromEntries(shipped), ...own }, settings: SETTINGS });
    const load = spawn("python3", [join(import.meta.dirname, "load.py"), daemon.folder], { stdio: "ignore" });
    return new Demonstration(daemon, load, `http://127.0.0.1:${await listeningPort(daemon)}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#load.kill();
    await this.#daemon[Symbol.asyncDispose]();
  }
}
