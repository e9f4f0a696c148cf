import { hasErrno } from "../service/has-errno.ts";
import { jsonOutput } from "../try/json-output.ts";
import { type LiveOutput, liveOutput } from "../try/live-output.ts";
import { plainOutput } from "../try/plain-output.ts";
import type { TrialOutput } from "../try/trial-output.ts";
import { wantsColor } from "../service/wants-color.ts";
import { fail } from "./host-trouble.ts";

const DRAW_EVERY_MS = 100;

/** The standard output of a trial, and the events that end it. */
export interface TrialScreen {
  readonly output: TrialOutput;
  /**
   * resolves on Ctrl-C, on signals that end a program, and when nobody reads the output any more
   */
  readonly stopped: Promise<void>;
  close(): void;
}

/** Opens a live table on a terminal, and otherwise lines, or JSON on request. */
export function openTrialScreen(isJson: boolean): TrialScreen {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const write = openWriter(stop);
  const isLive = !isJson && process.stdout.isTTY && process.env["TERM"] !== "dumb";
  const lines = { write, writeTrouble: (text: string) => void process.stderr.write(text) };
  const live = isLive ? openLive(write) : undefined;
  const output = live?.output ?? (isJson ? jsonOutput(lines) : plainOutput(lines));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop());
  return { output, stopped, close: () => live?.close() };
}

interface Live {
  readonly output: LiveOutput;
  close(): void;
}

function openLive(write: (text: string) => void): Live {
  const output = liveOutput({
    write,
    size: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    hasColors: wantsColor(process.stdout),
  });
  const resized = (): void => output.resized();
  const continued = (): void => output.disturbed();
  process.stdout.on("resize", resized);
  process.on("SIGCONT", continued);
  const drawing = setInterval(() => output.draw(), DRAW_EVERY_MS);
  return {
    output,
    close() {
      clearInterval(drawing);
      process.stdout.off("resize", resized);
      process.off("SIGCONT", continued);
    },
  };
}

/**
 * Writes until nobody reads any more, which ends a trial as Ctrl-C does: `bpfwarden try RULE
 *
 * head` is not an error.
 */
function openWriter(stop: () => void): (text: string) => void {
  let isOpen = true;
  process.stdout.on("error", (error) => {
    if (isOpen && !(hasErrno(error) && error.code === "EPIPE")) fail(`writing failed: ${error.message}`);
    isOpen = false;
    stop();
  });
  return (text) => {
    if (isOpen) process.stdout.write(text);
  };
}
