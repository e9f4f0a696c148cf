import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COMPILE_CACHE, DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { DaemonProcess, shippedRule } from "../kernel/support/daemon-process.ts";
import { SHIPPED } from "../kernel/support/shipped-rules.ts";
import { median } from "./median.ts";

export interface DaemonFigures {
  /** from reading a changed rule file to its programs being attached, in the running daemon */
  readonly attachedMs: number;
  /** VmRSS with the three shipped rules, and how much of it is memory of its own (RssAnon) */
  readonly residentMiB: number;
  readonly anonymousMiB: number;
}

const SETTLE_MS = 3000;

/** The daemon as `npm start` runs it: with its flags, and types stripped by an earlier run. */
export async function daemonFigures(rounds: number): Promise<DaemonFigures> {
  await (await start()).stop();
  await using daemon = await start();
  await sleep(SETTLE_MS);
  const status = readFileSync(`/proc/${daemon.pid}/status`, "utf8");
  for (let round = 0; round < rounds; round++) {
    writeFileSync(
      join(daemon.folder, "rules.d/new.yaml"),
      shippedRule("tcp-retransmits").replace("tcp-retr", `r${round}-retr`),
    );
    await daemon.until(`round ${round}`, () => attachedMs(daemon).length > round);
  }
  return {
    attachedMs: median(attachedMs(daemon)),
    residentMiB: mebibytes(status, "VmRSS"),
    anonymousMiB: mebibytes(status, "RssAnon"),
  };
}

function start(): Promise<DaemonProcess> {
  return DaemonProcess.start({
    rules: Object.fromEntries(SHIPPED.map((name) => [`${name}.yaml`, shippedRule(name)])),
    environment: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    nodeFlags: DAEMON_FLAGS,
  });
}

/**
 * Returns the times that the log has for each reload of the new rule. The first is part of the
 * warm-up of the compiler.
 */
function attachedMs(daemon: DaemonProcess): readonly number[] {
  const entries = daemon.output.split("\n").filter((line) => /"rule":"r\d+-retr.*"msg":"attached"/.test(line));
  return entries.map((line) => (JSON.parse(line) as { readonly elapsedMs: number }).elapsedMs);
}

function mebibytes(status: string, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
