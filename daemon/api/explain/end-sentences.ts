import { durationText } from "../../text/duration-text.ts";
import { LEVELS } from "../../rules/levels.ts";
import type { RuleStatus } from "../rule-status.ts";

/** Says what will end an alert that fires. */
export function endSentences({ threshold, rule }: RuleStatus): readonly string[] {
  const { clear, when: _, ...levels } = threshold;
  // It goes down through the levels: the lowest one ends it.
  const lowest = LEVELS.find((level) => Object.hasOwn(levels, level));
  const condition = (lowest && levels[lowest]) ?? Object.values(levels)[0] ?? "";
  const { keepFiringMs, windowMs, noData } = rule;
  const isKeyed = rule.program.by.length > 0;
  return [
    clear === undefined ? `It ends when ${condition} no longer holds.` : `It ends when ${clear}.`,
    ...(keepFiringMs === 0 ? [] : [`It then goes on for ${durationText(keepFiringMs * 1e6)} (keep_firing).`]),
    NO_DATA[noData ?? (isKeyed ? "end" : "keep")](durationText(windowMs * 1e6)),
  ];
}

const NO_DATA: Readonly<Record<"keep" | "ok" | "alert" | "end", (window: string) => string>> = {
  keep: () => "Without data it goes on firing.",
  ok: () => "Without data it ends.",
  alert: () => "Without data it goes on firing, and the notice BpfwardenNoData fires.",
  end: (window) => `It also ends if its key has no data for ${window}.`,
};
