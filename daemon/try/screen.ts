import { visible } from "../../bpf/source/visible.ts";
import { colored } from "./color.ts";
import { healthText } from "./health-text.ts";
import { type Room, ruleSection, wantedRows } from "./rule-section.ts";
import { cut } from "../text/terminal-text.ts";
import type { RankedSample } from "./trial-history.ts";

/**
 * Formats all rules of a trial for the space, each with a fair share. The health follows, and
 * `foot` is the last line.
 */
export function screenLines(samples: readonly RankedSample[], foot: string, room: Room): readonly string[] {
  const below = [...healthLines(samples), foot].map((line) => colored("dim", cut(line, room.columns)));
  const free = Math.max(samples.length, room.rows - below.length);
  const shares = fairShares(samples.map(wantedRows), free);
  const sections = samples.flatMap((sample, index) => {
    return ruleSection(sample, { columns: room.columns, rows: shares[index] ?? 0 });
  });
  return [...sections.slice(0, Math.max(0, room.rows - below.length)), ...below.slice(-room.rows)];
}

/** Returns one line if all rules have the same health, and otherwise one for each. */
function healthLines(samples: readonly RankedSample[]): readonly string[] {
  const texts = samples.map(({ confidence }) => healthText(confidence));
  const [first] = texts;
  if (first === undefined) return [];
  if (texts.every((text) => text === first)) return [`health: ${first}`];
  return samples.map(({ rule }, index) => `health of ${visible(rule.name)}: ${texts[index]}`);
}

/**
 * Divides the space fairly: each gets what it wants up to a common limit, and unused space goes to
 * the others.
 */
export function fairShares(wanted: readonly number[], available: number): readonly number[] {
  const shares = wanted.map(() => 0);
  let left = available;
  const order = [...wanted.keys()].toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || 0);
  order.forEach((index, served) => {
    const share = Math.min(wanted[index] ?? 0, Math.floor(left / (order.length - served)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}
