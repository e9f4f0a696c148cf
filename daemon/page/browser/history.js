// The alerts of the last day.

/** @import { PageEntry } from "../page-report.ts" */
/** @import { RowView } from "./lists.js" */

import { element, mark, ruleAddress } from "./elements.js";
import { durationText, timeText } from "./times.js";

/**
 * Creates the row of an alert that fired.
 * @param {() => number} nowUnixMs
 * @param {(name: string) => boolean} runs tells whether a rule runs, so that it has a view
 * @returns {RowView<PageEntry>}
 */
export function historyRow(nowUnixMs, runs) {
  const row = element("tr");
  return {
    element: row,
    update({ name, rule, labels, level, isDrill, firedAtUnixMs, endedAtUnixMs, worst, notified, heldBy }) {
      const now = nowUnixMs();
      const lasted = endedAtUnixMs === undefined ? "fires now" : durationText(endedAtUnixMs - firedAtUnixMs);
      const who = notified === "" ? (heldBy === "" ? "nobody" : `held back by ${heldBy}`) : notified;
      row.replaceChildren(
        element("td", {}, timeText(firedAtUnixMs, now)),
        element("td", { class: "middle" }, mark(level)),
        element(
          "th",
          { scope: "row" },
          runs(rule) ? element("a", { href: ruleAddress(rule) }, name) : name,
          isDrill ? " (drill)" : "",
        ),
        element("td", { class: "wide" }, element("code", {}, labels)),
        element("td", {}, lasted),
        element("td", { class: "middle" }, worst),
        element("td", {}, who),
      );
    },
  };
}
