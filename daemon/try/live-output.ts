import { stripVTControlCharacters } from "node:util";
import { visible } from "../../bpf/source/visible.ts";
import { alertForTerminal, eventForTerminal } from "../receivers/log/log-line.ts";
import { timeOfDay } from "../text/time-text.ts";
import { LiveBlock, type TerminalSize } from "./live-block.ts";
import { probesText } from "./plain-output.ts";
import { screenLines } from "./screen.ts";
import { counted } from "../text/terminal-text.ts";
import { endText, progressText } from "./totals-text.ts";
import type { RankedSample } from "./trial-history.ts";
import type { TrialOutput } from "./trial-output.ts";

export interface LiveOptions {
  readonly write: (text: string) => void;
  readonly size: () => TerminalSize;
  readonly hasColors: boolean;
}

/** Shows a trial on a terminal. Draws only in `draw`, even if there are many events. */
export interface LiveOutput extends TrialOutput {
  draw(): void;
  /** The terminal has a new size, so that lines may have moved. */
  resized(): void;
  /** Another program has written to the terminal. */
  disturbed(): void;
}

/**
 * Keeps the table at the end of the terminal. Events, alerts and trouble are lines that scroll away
 * above it.
 */
export function liveOutput({ write, size, hasColors }: LiveOptions): LiveOutput {
  const block = new LiveBlock();
  const paint = hasColors ? (text: string): string => text : stripVTControlCharacters;
  let lines: string[] = [];
  let dropped = 0;
  let last: { samples: readonly RankedSample[]; foot: string } = { samples: [], foot: "" };
  let isChanged = false;
  const add = (more: readonly string[]): void => {
    if (more.length === 0) return;
    isChanged = true;
    lines.push(...more);
    // Nobody can read more than a screen at once.
    const excess = lines.length - size().rows;
    if (excess <= 0) return;
    lines = lines.slice(excess);
    dropped += excess;
  };
  const show = (samples: readonly RankedSample[], foot: string): void => {
    last = { samples, foot };
    isChanged = true;
  };
  const draw = (): void => {
    if (!isChanged) return;
    isChanged = false;
    const { columns, rows } = size();
    const above = dropped === 0 ? lines : [`… ${counted(dropped, "line")} left out`, ...lines];
    // A full last column would be erased with the rest of its line.
    const below = screenLines(last.samples, last.foot, { columns: columns - 1, rows: Math.max(1, rows - 1) });
    write(block.frame(above.map(paint), below.map(paint), { columns, rows }));
    [lines, dropped] = [[], 0];
  };
  return {
    draw,
    started(rules, nowUnixMs) {
      add(rules.map(({ rule, probes }) => `${timeOfDay(nowUnixMs)} ${rule.name}  attached to ${probesText(probes)}`));
      show([], "Ctrl-C ends it; nothing is sent");
    },
    records: (records) => add(records.map(eventForTerminal)),
    alerts: (events, nowUnixMs) => add(events.map((event) => alertForTerminal(event, nowUnixMs))),
    samples: (samples, totals) => show(samples, progressText(totals)),
    trouble: (message) => add([visible(message)]),
    resized() {
      block.clear();
      isChanged = true;
    },
    disturbed() {
      block.forget();
      isChanged = true;
    },
    ended(samples, totals) {
      show(samples, endText(totals));
      draw();
      write("\r\n");
    },
  };
}
