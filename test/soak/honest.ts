import type { BashOnPty } from "../kernel/support/bash-on-pty.ts";
import { libc } from "../kernel/support/libc.ts";
import { waitUntil } from "../kernel/support/wait-until.ts";
import type { WebhookSink } from "../kernel/support/webhook-sink.ts";
import type { LogTail } from "./log-tail.ts";

/** The first number for getpriority(2) that the rule `honest` counts by. */
export const HONEST_LOWEST = 717_000;
/** The pattern that `LogTail` looks for. */
export const HONEST_COMMAND = /: honest command (\d+)\./g;
/** Longer than this an alert or a record is not waited for. */
const PATIENCE_MS = 30_000;

/**
 * Makes an alert fire and gives how many milliseconds it took to the webhook; undefined where it
 * did not come.
 */
export async function honestAlert(number: number, sink: WebhookSink): Promise<number | undefined> {
  const who = HONEST_LOWEST + number;
  const startedMs = performance.now();
  libc.getpriority(0, who);
  return patiently(`the alert of ${who}`, () => {
    const isOurs = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
      labels["who"] === String(who);
    const webhook = sink.received.findLast(({ body }) => body.alerts.some(isOurs));
    return webhook && webhook.arrivedAtMs - startedMs;
  });
}

/**
 * Types a command and gives how many milliseconds it took to the log; undefined where it did not
 * come.
 */
export async function honestCommand(number: number, bash: BashOnPty, log: LogTail): Promise<number | undefined> {
  const startedMs = performance.now();
  await bash.run(`: honest command ${number}.`);
  return patiently(`a record of command ${number}`, () => {
    log.look();
    return log.seen.has(String(number)) && performance.now() - startedMs;
  });
}

async function patiently(what: string, probe: () => number | undefined | false): Promise<number | undefined> {
  try {
    return await waitUntil(what, probe, PATIENCE_MS);
  } catch {
    return undefined;
  }
}
