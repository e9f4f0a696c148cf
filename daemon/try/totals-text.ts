import { durationText } from "../text/duration-text.ts";
import { counted } from "../text/terminal-text.ts";
import type { TrialTotals } from "./trial-output.ts";

/** Formats the progress: `12s of 30s, Ctrl-C ends it`. */
export function progressText({ elapsedMs, forMs }: TrialTotals): string {
  const planned = forMs === undefined ? "" : ` of ${durationText(forMs * 1e6)}`;
  return `${seconds(elapsedMs)}${planned}, Ctrl-C ends it; nothing is sent`;
}

/** Formats the end: `detached after 12s: 42 events, 1 alert fired, 0 resolved`. */
export function endText({ elapsedMs, records, fired, resolved }: TrialTotals): string {
  return `detached after ${seconds(elapsedMs)}: ${counted(records, "event")}, ${counted(fired, "alert")} fired, ${resolved} resolved`;
}

const seconds = (ms: number): string => durationText(Math.round(ms / 1000) * 1e9);
