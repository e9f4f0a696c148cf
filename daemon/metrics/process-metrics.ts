import { readdirSync } from "node:fs";
import { alone, type MetricRecord, point } from "./metric-record.ts";

/** Metrics about the daemon, and about its process by the names that client libraries use. */
export const PROCESS_METRICS: readonly MetricRecord[] = [
  {
    ...{ name: "bpfwarden_build_info", type: "gauge", labels: ["version", "node"] },
    help: "1, with the versions of the daemon and of Node.js.",
    read: ({ version }) => [point({ version, node: process.version }, 1)],
  },
  {
    ...{ name: "bpfwarden_problems", type: "gauge", labels: ["severity"] },
    help: "Errors and warnings in the files of rules and settings now.",
    read: ({ problems }) =>
      (["error", "warning"] as const).map((severity) =>
        point({ severity }, problems().filter((problem) => problem.severity === severity).length),
      ),
  },
  {
    ...{ name: "bpfwarden_notices", type: "gauge", labels: ["alertname"] },
    help: "Alerts of the daemon about itself that fire; those about one rule are not among them.",
    read: ({ notices }) => {
      const names = notices();
      return [...new Set(names)].map((alertname) =>
        point({ alertname }, names.filter((name) => name === alertname).length),
      );
    },
  },
  {
    ...{ name: "bpfwarden_state_kept", type: "gauge", labels: [] },
    help: "1 if the state of alerts survives a restart, else 0.",
    read: ({ stateTrouble }) => alone(stateTrouble() === undefined ? 1 : 0),
  },
  {
    ...{ name: "bpfwarden_ticks", type: "counter", labels: [] },
    help: "Ticks: all rules are read and judged.",
    read: ({ ticks }) => alone(ticks().ticks),
  },
  {
    ...{ name: "bpfwarden_ticks_late", type: "counter", labels: [] },
    help: "Ticks that began more than a quarter of the interval late.",
    read: ({ ticks }) => alone(ticks().late),
  },
  {
    ...{ name: "bpfwarden_ticks_failed", type: "counter", labels: [] },
    help: "Ticks that failed.",
    read: ({ ticks }) => alone(ticks().failed),
  },
  {
    ...{ name: "bpfwarden_tick_lag_seconds", type: "gauge", unit: "seconds", labels: [] },
    help: "How late the last tick began.",
    read: ({ ticks }) => alone(ticks().lagMs / 1000),
  },
  {
    ...{ name: "bpfwarden_tick_busy_seconds", type: "counter", unit: "seconds", labels: [] },
    help: "Time from the beginning of each tick to its end.",
    read: ({ ticks }) => alone(ticks().busyMs / 1000),
  },
  {
    ...{ name: "process_cpu_seconds", type: "counter", unit: "seconds", labels: [] },
    help: "CPU time of the daemon in user space and in the kernel.",
    read: () => {
      const { user, system } = process.cpuUsage();
      return alone((user + system) / 1e6);
    },
  },
  {
    ...{ name: "process_resident_memory_bytes", type: "gauge", unit: "bytes", labels: [] },
    help: "Resident memory of the daemon.",
    read: () => alone(process.memoryUsage.rss()),
  },
  {
    ...{ name: "process_start_time_seconds", type: "gauge", unit: "seconds", labels: [] },
    help: "When the daemon started, Unix time.",
    read: ({ startedAtUnixMs }) => alone(startedAtUnixMs / 1000),
  },
  {
    ...{ name: "process_open_fds", type: "gauge", labels: [] },
    help: "Open file descriptors of the daemon.",
    // One of them is that of the folder.
    read: () => alone(readdirSync("/proc/self/fd").length - 1),
  },
];
