import { existsSync, globSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../../packaging/setup/daemon-runtime.mjs";
import { DaemonProcess, shippedRule } from "../../kernel/support/daemon-process.ts";
import { SHIPPED } from "../../kernel/support/shipped-rules.ts";
import { TracingTool } from "./tracing-tool.ts";

/** A program, or none, that observes the host while work is done. */
export interface Side {
  readonly name: string;
  /** Resolves when it observes; undefined if it does not run on this host. */
  start(): Promise<AsyncDisposable | undefined>;
}

const root = join(import.meta.dirname, "../../..");

const SETTINGS = `
actions: {audit: {log: {path: audit.jsonl}}, alerts: {log: {path: alerts.jsonl}}}
defaults: {action: alerts}
`;

/**
 * Without rules. A folder is watched all the same: on every host with systemd something watches
 * one, and since Linux 6.10 the first watch on a file system makes each read and write on it a
 * little slower.
 */
export const NOTHING: Side = {
  name: "nothing",
  start: async () => {
    const watcher = watch(root);
    return await Promise.resolve({
      [Symbol.asyncDispose]: async () => {
        watcher.close();
        await Promise.resolve();
      },
    });
  },
};

export const THREE_RULES: Side = { name: "bpfwarden", start: async () => await startDaemon(shippedRules()) };

export const ALL_RULES: Side = {
  name: "bpfwarden with the library",
  start: async () => await startDaemon({ ...shippedRules(), ...library() }),
};

/** The same with a program for each rule, as before rules shared programs. */
export const ALL_RULES_APART: Side = {
  name: "with the library, apart",
  start: async () => await startDaemon({ ...shippedRules(), ...library() }, ["--no-fuse"]),
};

/** Programs for the purposes of the three shipped rules. */
export const BPFTRACE: Side = {
  name: "bpftrace",
  start: async () => await TracingTool.startAll([["bpftrace", ["-e", bpftraceScript()]]]),
};

/** The tools of the Debian package bpfcc-tools. They need the headers of the kernel. */
export const BCC: Side = {
  name: "bcc",
  start: async () =>
    await TracingTool.startAll([
      ["cachestat-bpfcc", []],
      ["tcpretrans-bpfcc", []],
      ["bashreadline-bpfcc", []],
    ]),
};

export function shippedRules(): Readonly<Record<string, string>> {
  return Object.fromEntries(SHIPPED.map((name) => [`${name}.yaml`, shippedRule(name)]));
}

function library(): Readonly<Record<string, string>> {
  const files = globSync("rules.d/library/*/*.yaml", { cwd: root, exclude: ["**/*.test.yaml"] });
  return Object.fromEntries(files.map((file) => [file.replaceAll("/", "-"), readFileSync(join(root, file), "utf8")]));
}

/** @param parameters of `bpfwarden run` */
export async function startDaemon(
  rules: Readonly<Record<string, string>>,
  parameters: readonly string[] = [],
): Promise<DaemonProcess> {
  return await DaemonProcess.start({
    ...{ rules, parameters },
    settings: SETTINGS,
    environment: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    nodeFlags: DAEMON_FLAGS,
  });
}

/**
 * The share of reads that find their pages, retransmits by connection, and lines typed into bash.
 * Before Linux 6.12 no tracepoint tells of reads; then cachestat's way is taken.
 */
function bpftraceScript(): string {
  const hasReads = existsSync("/sys/kernel/tracing/events/filemap/mm_filemap_get_pages");
  const reads = hasReads
    ? "tracepoint:filemap:mm_filemap_get_pages { @read = sum(args->last_index - args->index + 1); }"
    : "kprobe:mark_page_accessed { @read = count(); }";
  return `
    ${reads}
    tracepoint:filemap:mm_filemap_add_to_page_cache { @missed = count(); }
    tracepoint:tcp:tcp_retransmit_skb { @sent[ntop(args->saddr), args->sport, ntop(args->daddr), args->dport] = count(); }
    uretprobe:/bin/bash:readline { printf("%d %s\\n", pid, str(retval)); }`;
}
