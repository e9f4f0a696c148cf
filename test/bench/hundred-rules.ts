import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { openKernel } from "../../bpf/load/open-kernel.ts";
import { buildRule } from "../../daemon/run/build-rule.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { DaemonProcess, shippedRule } from "../kernel/support/daemon-process.ts";
import { libraryRules } from "../kernel/support/library-rules.ts";
import { SHIPPED } from "../kernel/support/shipped-rules.ts";

export interface HundredRules {
  /** from reading the folder to all rules being attached; the least of the rounds */
  readonly wallMs: number;
  /**
   * of the daemon for all that a reload does, letting go of the hundred rules before included; the
   * least of the rounds
   */
  readonly cpuMs: number;
}

const RULES = 100;
const SETTINGS = `
actions: {audit: {log: {path: audit.jsonl}}, alerts: {log: {path: alerts.jsonl}}}
defaults: {action: alerts}
`;
/** USER_HZ of times(2) and /proc/PID/stat, on all architectures */
const TICK_MS = 10;

/**
 * A folder of a hundred rules takes the place of another in the running daemon: the shipped ones
 * and those of the library that this host can run, over and over under names of their own.
 */
export async function hundredRules(rounds: number): Promise<HundredRules> {
  const texts = runnableTexts();
  await using daemon = await DaemonProcess.start({
    rules: { "first.yaml": shippedRule("tcp-retransmits") },
    settings: SETTINGS,
    environment: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    nodeFlags: DAEMON_FLAGS,
  });
  const figures: HundredRules[] = [];
  for (let round = 0; round < rounds; round++) {
    const beforeMs = cpuMs(daemon.pid);
    replaceRules(daemon.folder, round, texts);
    await daemon.until(`round ${round}`, (output) => output.split('"msg":"reloaded"').length > round + 1);
    const wallMs = attachedMs(daemon.output, round);
    if (wallMs.length !== RULES) throw new Error(`expected ${RULES} rules, found ${wallMs.length}:\n${daemon.output}`);
    figures.push({ wallMs: Math.max(...wallMs), cpuMs: cpuMs(daemon.pid) - beforeMs });
  }
  return {
    wallMs: Math.min(...figures.map((figure) => figure.wallMs)),
    cpuMs: Math.min(...figures.map((figure) => figure.cpuMs)),
  };
}

function runnableTexts(): readonly string[] {
  const kernel = openKernel();
  const defaults = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 2 ** 20 };
  return [
    ...SHIPPED.flatMap((name) => shippedRule(name).split(/^---$/m)),
    ...libraryRules.map(({ text }) => text),
  ].filter((text) => {
    const { rules } = readRules({ path: "bench.yaml", text }, defaults);
    return rules.length === 1 && rules.every((rule) => buildRule(rule, kernel).result !== undefined);
  });
}

/** At once, so that the daemon reads them together. */
function replaceRules(folder: string, round: number, texts: readonly string[]): void {
  const next = join(folder, "next");
  mkdirSync(next);
  for (let index = 0; index < RULES; index++) {
    const text = texts[index % texts.length] ?? "";
    const name = `r${round}-${index}`;
    writeFileSync(join(next, `${name}.yaml`), text.replace(/^rule: .*$/m, `rule: ${name}`));
  }
  renameSync(join(folder, "rules.d"), join(folder, `before-${round}`));
  renameSync(next, join(folder, "rules.d"));
}

function attachedMs(output: string, round: number): readonly number[] {
  const attached = new RegExp(`"rule":"r${round}-\\d+".*"msg":"attached"`);
  const lines = output.split("\n").filter((line) => attached.test(line));
  return lines.map((line) => (JSON.parse(line) as { readonly elapsedMs: number }).elapsedMs);
}

/** utime and stime (proc_pid_stat(5)), the 12th and 13th behind the name. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
